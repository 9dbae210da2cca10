CREATE TABLE `idempotency_keys` (
	`customer_uid` text NOT NULL,
	`caller` text NOT NULL,
	`key` text NOT NULL,
	`step` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`request_id` text NOT NULL,
	`result` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`customer_uid`, `caller`, `key`, `step`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_expires_at` ON `idempotency_keys` (`expires_at`);