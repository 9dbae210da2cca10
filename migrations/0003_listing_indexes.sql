DROP INDEX `audit_entries_customer`;--> statement-breakpoint
CREATE INDEX `audit_entries_customer` ON `audit_entries` (`customer_uid`,`seq`) WHERE admin_id IS NOT NULL;--> statement-breakpoint
DROP INDEX `admin_api_keys_admin_id`;--> statement-breakpoint
DROP INDEX `admin_api_keys_grant_id`;--> statement-breakpoint
CREATE INDEX `admin_api_keys_admin_id` ON `admin_api_keys` (`admin_id`,`grant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `admin_api_keys_grant_id` ON `admin_api_keys` (`grant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `account_requests_kind` ON `account_requests` (`kind`,`id`);