CREATE TABLE `totals` (
	`name` text PRIMARY KEY NOT NULL,
	`rows` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unlock_tokens` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`admin_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`admin_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `unlock_tokens_admin_id` ON `unlock_tokens` (`admin_id`);--> statement-breakpoint
CREATE INDEX `unlock_tokens_expires_at` ON `unlock_tokens` (`expires_at`);--> statement-breakpoint
ALTER TABLE `login_failures` ADD `failed_at` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `login_failures` ADD `expires_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `login_failures_expires_at` ON `login_failures` (`expires_at`);--> statement-breakpoint
ALTER TABLE `login_failures` DROP COLUMN `failures`;--> statement-breakpoint
ALTER TABLE `login_failures` DROP COLUMN `window_started_at`;--> statement-breakpoint
CREATE INDEX `admins_enabled_super_admins` ON `admins` (`id`) WHERE role = 'super_admin' AND disabled_at IS NULL;