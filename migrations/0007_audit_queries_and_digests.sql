CREATE TABLE `audit_open_acts` (
	`id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`time` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_open_acts_time` ON `audit_open_acts` (`time`,`seq`);--> statement-breakpoint
DROP INDEX `audit_entries_admin`;--> statement-breakpoint
DROP INDEX `audit_entries_api_key`;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `time` text GENERATED ALWAYS AS (entry ->> '$.time') VIRTUAL;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `method` text GENERATED ALWAYS AS (entry ->> '$.method') VIRTUAL;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `route` text GENERATED ALWAYS AS (entry ->> '$.route') VIRTUAL;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `result` text GENERATED ALWAYS AS (entry ->> '$.result') VIRTUAL;--> statement-breakpoint
ALTER TABLE `audit_entries` ADD `pruned_to_seq` integer GENERATED ALWAYS AS (entry ->> '$.pruned_to_seq') VIRTUAL;--> statement-breakpoint
CREATE INDEX `audit_entries_time` ON `audit_entries` (`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_customer_time` ON `audit_entries` (`customer_uid`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_admin_time` ON `audit_entries` (`admin_id`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_api_key_time` ON `audit_entries` (`api_key_id`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_method_time` ON `audit_entries` (`method`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_route_time` ON `audit_entries` (`route`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_result_time` ON `audit_entries` (`result`,`time`);--> statement-breakpoint
CREATE INDEX `audit_entries_checkpoints` ON `audit_entries` (`pruned_to_seq`) WHERE pruned_to_seq IS NOT NULL;--> statement-breakpoint
ALTER TABLE `audit_dead_letters` ADD `replayed_at` integer;--> statement-breakpoint
CREATE INDEX `audit_dead_letters_received` ON `audit_dead_letters` (`received_at`,`id`);--> statement-breakpoint
ALTER TABLE `audit_segments` ADD `digest` text DEFAULT '' NOT NULL;