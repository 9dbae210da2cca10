CREATE TABLE `customer_totals` (
	`status` text PRIMARY KEY NOT NULL,
	`total` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `retired_customer_uids` (
	`uid` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE `admin_api_keys` ADD `previous_key_hash` text;--> statement-breakpoint
ALTER TABLE `admin_api_keys` ADD `previous_key_expires_at` integer;--> statement-breakpoint
ALTER TABLE `clients` ADD `previous_sealed_secret` text;--> statement-breakpoint
ALTER TABLE `clients` ADD `previous_secret_expires_at` integer;--> statement-breakpoint
ALTER TABLE `customers` ADD `first_name` text COLLATE NOCASE DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `last_name` text COLLATE NOCASE DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `email` text COLLATE NOCASE DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `timezone` text DEFAULT 'UTC' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `group` text;--> statement-breakpoint
ALTER TABLE `customers` ADD `company` text;--> statement-breakpoint
ALTER TABLE `customers` ADD `pending_delete_at` integer;--> statement-breakpoint
ALTER TABLE `customers` ADD `updated_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `customers_status` ON `customers` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `customers_first_name` ON `customers` (`first_name`);--> statement-breakpoint
CREATE INDEX `customers_last_name` ON `customers` (`last_name`);