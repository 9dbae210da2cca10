CREATE TABLE `admin_api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`admin_id` integer NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`scopes` text NOT NULL,
	`customers` text,
	`ip_allow` text NOT NULL,
	`ip_deny` text NOT NULL,
	`require_reason` integer NOT NULL,
	`expires_at` integer,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`admin_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admin_api_keys_key_hash` ON `admin_api_keys` (`key_hash`);--> statement-breakpoint
CREATE INDEX `admin_api_keys_admin_id` ON `admin_api_keys` (`admin_id`);--> statement-breakpoint
CREATE TABLE `admin_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`token_hash` text NOT NULL,
	`admin_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`admin_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admin_sessions_token_hash` ON `admin_sessions` (`token_hash`);--> statement-breakpoint
CREATE INDEX `admin_sessions_admin_id` ON `admin_sessions` (`admin_id`);--> statement-breakpoint
CREATE TABLE `admins` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text COLLATE NOCASE NOT NULL,
	`email_hash` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`has_changed_password` integer NOT NULL,
	`password_expires_at` integer,
	`disabled_at` integer,
	`last_login_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admins_email_hash_unique` ON `admins` (`email_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `admins_email` ON `admins` (`email`);--> statement-breakpoint
CREATE TABLE `audit_dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`reason` text NOT NULL,
	`attempts` integer NOT NULL,
	`sent_at` integer NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_entries` (
	`seq` integer PRIMARY KEY NOT NULL,
	`entry` text NOT NULL,
	`prev_hash` text NOT NULL,
	`hash` text NOT NULL,
	`id` text GENERATED ALWAYS AS (entry ->> '$.id') VIRTUAL NOT NULL,
	`stage` text GENERATED ALWAYS AS (entry ->> '$.stage') VIRTUAL NOT NULL,
	`customer_uid` text GENERATED ALWAYS AS (entry ->> '$.customer_uid') VIRTUAL,
	`admin_id` integer GENERATED ALWAYS AS (entry ->> '$.admin_id') VIRTUAL,
	`api_key_id` text GENERATED ALWAYS AS (entry ->> '$.api_key_id') VIRTUAL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_entries_id_stage` ON `audit_entries` (`id`,`stage`);--> statement-breakpoint
CREATE INDEX `audit_entries_customer` ON `audit_entries` (`customer_uid`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_admin` ON `audit_entries` (`admin_id`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_api_key` ON `audit_entries` (`api_key_id`,`seq`);--> statement-breakpoint
CREATE TABLE `audit_segments` (
	`first_seq` integer PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL,
	`appended_at` integer NOT NULL,
	`exported_at` integer
);
--> statement-breakpoint
CREATE INDEX `audit_segments_pending` ON `audit_segments` (`first_seq`) WHERE exported_at IS NULL;--> statement-breakpoint
CREATE TABLE `clients` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`sealed_secret` text NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `contacts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`customer_uid` text NOT NULL,
	`email` text COLLATE NOCASE NOT NULL,
	`first_name` text,
	`last_name` text,
	`phone` text,
	`fields` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`customer_uid`) REFERENCES `customers`(`uid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_uid_unique` ON `contacts` (`uid`);--> statement-breakpoint
CREATE INDEX `contacts_customer` ON `contacts` (`customer_uid`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_customer_email` ON `contacts` (`customer_uid`,`email`);--> statement-breakpoint
CREATE TABLE `customer_api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`customer_uid` text NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`customer_uid`) REFERENCES `customers`(`uid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `customer_api_keys_key_hash` ON `customer_api_keys` (`key_hash`);--> statement-breakpoint
CREATE INDEX `customer_api_keys_customer_uid` ON `customer_api_keys` (`customer_uid`);--> statement-breakpoint
CREATE TABLE `customers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`lists_count` integer DEFAULT 0 NOT NULL,
	`contacts_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_uid_unique` ON `customers` (`uid`);--> statement-breakpoint
CREATE TABLE `lists` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`customer_uid` text NOT NULL,
	`name` text COLLATE NOCASE NOT NULL,
	`description` text,
	`contacts_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`customer_uid`) REFERENCES `customers`(`uid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lists_uid_unique` ON `lists` (`uid`);--> statement-breakpoint
CREATE INDEX `lists_customer` ON `lists` (`customer_uid`,`id`);--> statement-breakpoint
CREATE INDEX `lists_customer_name` ON `lists` (`customer_uid`,`name`);--> statement-breakpoint
CREATE TABLE `login_failures` (
	`email_hash` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`window_started_at` integer NOT NULL,
	`locked_until` integer
);
