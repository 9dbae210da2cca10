CREATE TABLE `used_signatures` (
	`client_id` text NOT NULL,
	`signature` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`client_id`, `signature`)
);
--> statement-breakpoint
CREATE INDEX `used_signatures_expires_at` ON `used_signatures` (`expires_at`);--> statement-breakpoint
ALTER TABLE `admins` ADD `credentials_valid_from` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `audit_dead_letters` ADD `event_id` text;--> statement-breakpoint
ALTER TABLE `audit_dead_letters` ADD `event_stage` text;--> statement-breakpoint
ALTER TABLE `audit_dead_letters` ADD `appended_at` integer;--> statement-breakpoint
CREATE INDEX `audit_dead_letters_event` ON `audit_dead_letters` (`event_id`,`event_stage`);--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `ip` text GENERATED ALWAYS AS (entry ->> '$.ip') VIRTUAL;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `target_id` text GENERATED ALWAYS AS (entry ->> '$.target_id') VIRTUAL;--> statement-breakpoint
CREATE INDEX `audit_entries_ip_time` ON `audit_entries` (`ip`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_target_time` ON `audit_entries` (`target_id`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_stage_time` ON `audit_entries` (`stage`,`time`);--> statement-breakpoint
ALTER TABLE `clients` ADD `require_bound_signatures` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `customer_api_keys` ADD `made_by_admin_id` integer;--> statement-breakpoint
ALTER TABLE `customer_api_keys` ADD `made_by_api_key_id` text;--> statement-breakpoint
ALTER TABLE `customers` ADD `company_name` text COLLATE NOCASE GENERATED ALWAYS AS (company ->> '$.name') VIRTUAL;--> statement-breakpoint
ALTER TABLE `customers` ADD `email_domain` text COLLATE NOCASE GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL;--> statement-breakpoint
CREATE INDEX `customers_company_name` ON `customers` (`company_name`);--> statement-breakpoint
CREATE INDEX `customers_email_domain` ON `customers` (`email_domain`);