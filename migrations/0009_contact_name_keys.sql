DROP INDEX `contacts_customer_first_name`;--> statement-breakpoint
DROP INDEX `contacts_customer_last_name`;--> statement-breakpoint
ALTER TABLE `contacts` ADD `first_name_key` text COLLATE NOCASE GENERATED ALWAYS AS (first_name) VIRTUAL;--> statement-breakpoint
ALTER TABLE `contacts` ADD `last_name_key` text COLLATE NOCASE GENERATED ALWAYS AS (last_name) VIRTUAL;--> statement-breakpoint
CREATE INDEX `contacts_customer_first_name` ON `contacts` (`customer_uid`,`first_name_key`);--> statement-breakpoint
CREATE INDEX `contacts_customer_last_name` ON `contacts` (`customer_uid`,`last_name_key`);