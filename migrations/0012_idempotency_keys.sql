CREATE TABLE `idempotency_keys` (
	`customer_uid` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`request_id` text NOT NULL,
	`locked_until` integer NOT NULL,
	`status` integer,
	`sealed_body` text,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`customer_uid`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_expires_at` ON `idempotency_keys` (`expires_at`);