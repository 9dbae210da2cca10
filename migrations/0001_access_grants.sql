CREATE TABLE `access_grant_links` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`grant_id` text NOT NULL,
	`purpose` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE INDEX `access_grant_links_grant` ON `access_grant_links` (`grant_id`);--> statement-breakpoint
CREATE INDEX `access_grant_links_expires_at` ON `access_grant_links` (`expires_at`);--> statement-breakpoint
CREATE TABLE `access_grants` (
	`id` text PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`customer_uid` text NOT NULL,
	`admin_id` integer NOT NULL,
	`reason` text NOT NULL,
	`ticket` text,
	`mode` text NOT NULL,
	`duration_seconds` integer NOT NULL,
	`break_glass` integer NOT NULL,
	`needs_customer` integer NOT NULL,
	`needs_colleague` integer NOT NULL,
	`requested_at` integer NOT NULL,
	`lapses_at` integer NOT NULL,
	`customer_decision` text,
	`customer_decided_at` integer,
	`customer_comment` text,
	`colleague_decision` text,
	`colleague_decided_at` integer,
	`colleague_id` integer,
	`colleague_comment` text,
	`began_at` integer,
	`expires_at` integer,
	`declined_at` integer,
	`ended_at` integer,
	`ended_by` text,
	`ended_by_admin_id` integer,
	`reviewed_at` integer,
	`reviewed_by` integer,
	`review_comment` text,
	`customer_reached` integer,
	FOREIGN KEY (`admin_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`colleague_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`ended_by_admin_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`reviewed_by`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_grants_uid_unique` ON `access_grants` (`uid`);--> statement-breakpoint
CREATE INDEX `access_grants_requested` ON `access_grants` (`requested_at`,`id`);--> statement-breakpoint
CREATE INDEX `access_grants_customer` ON `access_grants` (`customer_uid`,`requested_at`,`id`);--> statement-breakpoint
CREATE INDEX `access_grants_admin` ON `access_grants` (`admin_id`,`requested_at`,`id`);--> statement-breakpoint
CREATE INDEX `access_grants_unreviewed` ON `access_grants` (`requested_at`) WHERE break_glass AND reviewed_at IS NULL;--> statement-breakpoint
CREATE TABLE `account_requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`customer_uid` text NOT NULL,
	`reason` text NOT NULL,
	`status` text DEFAULT 'pending' NOT NULL,
	`super_admin_comment` text,
	`created_by` integer NOT NULL,
	`created_at` integer NOT NULL,
	`decided_by` integer,
	`decided_at` integer,
	FOREIGN KEY (`created_by`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`decided_by`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `account_requests_pending` ON `account_requests` (`kind`,`customer_uid`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `account_requests_customer` ON `account_requests` (`customer_uid`);--> statement-breakpoint
CREATE INDEX `account_requests_status` ON `account_requests` (`kind`,`status`,`id`);--> statement-breakpoint
CREATE TABLE `impersonation_stops` (
	`id` integer PRIMARY KEY NOT NULL,
	`stopped_at` integer NOT NULL,
	`stopped_by` integer NOT NULL,
	`reason` text NOT NULL,
	FOREIGN KEY (`stopped_by`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `grant_id` text GENERATED ALWAYS AS (entry ->> '$.grant_id') VIRTUAL;--> statement-breakpoint
CREATE INDEX `audit_entries_grant_time` ON `audit_entries` (`grant_id`,`time`) WHERE grant_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `support_access` text DEFAULT 'open' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `support_access_updated_at` integer;--> statement-breakpoint
ALTER TABLE `admin_api_keys` ADD `grant_id` text;--> statement-breakpoint
ALTER TABLE `admin_api_keys` ADD `session_id` text;--> statement-breakpoint
CREATE INDEX `admin_api_keys_grant_id` ON `admin_api_keys` (`grant_id`) WHERE grant_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `admin_api_keys_session_id` ON `admin_api_keys` (`session_id`) WHERE session_id IS NOT NULL;