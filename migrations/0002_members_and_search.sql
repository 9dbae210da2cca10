CREATE TABLE `list_tasks` (
	`list_id` integer PRIMARY KEY NOT NULL,
	`source_id` integer,
	`copied_to` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `list_contacts` (
	`list_id` integer NOT NULL,
	`contact_id` integer NOT NULL,
	`customer_uid` text NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`list_id`, `contact_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `list_contacts_status` ON `list_contacts` (`list_id`,`status`,`contact_id`);--> statement-breakpoint
CREATE INDEX `list_contacts_contact` ON `list_contacts` (`contact_id`);--> statement-breakpoint
CREATE INDEX `list_contacts_customer_status` ON `list_contacts` (`customer_uid`,`status`,`contact_id`);--> statement-breakpoint
ALTER TABLE `contacts` ADD `email_domain` text COLLATE NOCASE GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL;--> statement-breakpoint
CREATE INDEX `contacts_customer_domain` ON `contacts` (`customer_uid`,`email_domain`);--> statement-breakpoint
CREATE INDEX `contacts_customer_first_name` ON `contacts` (`customer_uid`,first_name COLLATE NOCASE);--> statement-breakpoint
CREATE INDEX `contacts_customer_last_name` ON `contacts` (`customer_uid`,last_name COLLATE NOCASE);--> statement-breakpoint
ALTER TABLE `lists` ADD `subscribed_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `lists` ADD `unsubscribed_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `lists` ADD `unconfirmed_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `lists` ADD `blacklisted_count` integer DEFAULT 0 NOT NULL;