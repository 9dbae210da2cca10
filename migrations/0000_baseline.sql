-- Staff: who may call the admin surface, and how they are kept out.
CREATE TABLE `clients` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`sealed_secret` text NOT NULL,
	`previous_sealed_secret` text,
	`previous_secret_expires_at` integer,
	`require_bound_signatures` integer DEFAULT false NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `used_signatures` (
	`client_id` text NOT NULL,
	`signature` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`client_id`, `signature`)
);
--> statement-breakpoint
CREATE INDEX `used_signatures_expires_at` ON `used_signatures` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `admins` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text COLLATE NOCASE NOT NULL,
	`email_hash` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`has_changed_password` integer NOT NULL,
	`password_expires_at` integer,
	`credentials_valid_from` integer DEFAULT 0 NOT NULL,
	`disabled_at` integer,
	`last_login_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admins_email_hash_unique` ON `admins` (`email_hash`);
--> statement-breakpoint
CREATE UNIQUE INDEX `admins_email` ON `admins` (`email`);
--> statement-breakpoint
CREATE INDEX `admins_enabled_super_admins` ON `admins` (`id`) WHERE role = 'super_admin' AND disabled_at IS NULL;
--> statement-breakpoint
CREATE TABLE `totals` (
	`name` text PRIMARY KEY NOT NULL,
	`rows` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `login_failures` (
	`email_hash` text PRIMARY KEY NOT NULL,
	`failed_at` text DEFAULT '[]' NOT NULL,
	`locked_until` integer,
	`expires_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `login_failures_expires_at` ON `login_failures` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `unlock_tokens` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`admin_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`admin_id`) REFERENCES `admins`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `unlock_tokens_admin_id` ON `unlock_tokens` (`admin_id`);
--> statement-breakpoint
CREATE INDEX `unlock_tokens_expires_at` ON `unlock_tokens` (`expires_at`);
--> statement-breakpoint
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
CREATE UNIQUE INDEX `admin_sessions_token_hash` ON `admin_sessions` (`token_hash`);
--> statement-breakpoint
CREATE INDEX `admin_sessions_admin_id` ON `admin_sessions` (`admin_id`);
--> statement-breakpoint
CREATE TABLE `admin_api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`admin_id` integer NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`previous_key_hash` text,
	`previous_key_expires_at` integer,
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
CREATE UNIQUE INDEX `admin_api_keys_key_hash` ON `admin_api_keys` (`key_hash`);
--> statement-breakpoint
CREATE INDEX `admin_api_keys_admin_id` ON `admin_api_keys` (`admin_id`);
--> statement-breakpoint
-- The tenants and the keys they call with.
CREATE TABLE `customers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`first_name` text COLLATE NOCASE DEFAULT '' NOT NULL,
	`last_name` text COLLATE NOCASE DEFAULT '' NOT NULL,
	`email` text COLLATE NOCASE DEFAULT '' NOT NULL,
	`timezone` text DEFAULT 'UTC' NOT NULL,
	`group` text,
	`company` text,
	`status` text NOT NULL,
	`pending_delete_at` integer,
	`lists_count` integer DEFAULT 0 NOT NULL,
	`contacts_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer DEFAULT 0 NOT NULL,
	`company_name` text COLLATE NOCASE GENERATED ALWAYS AS (company ->> '$.name') VIRTUAL,
	`email_domain` text COLLATE NOCASE GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_uid_unique` ON `customers` (`uid`);
--> statement-breakpoint
CREATE INDEX `customers_status` ON `customers` (`status`,`id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_email` ON `customers` (`email`);
--> statement-breakpoint
CREATE INDEX `customers_first_name` ON `customers` (`first_name`);
--> statement-breakpoint
CREATE INDEX `customers_last_name` ON `customers` (`last_name`);
--> statement-breakpoint
CREATE INDEX `customers_company_name` ON `customers` (`company_name`);
--> statement-breakpoint
CREATE INDEX `customers_email_domain` ON `customers` (`email_domain`);
--> statement-breakpoint
CREATE TABLE `customer_totals` (
	`status` text PRIMARY KEY NOT NULL,
	`total` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `retired_customer_uids` (
	`uid` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `customer_api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`customer_uid` text NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`made_by_admin_id` integer,
	`made_by_api_key_id` text,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`customer_uid`) REFERENCES `customers`(`uid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `customer_api_keys_key_hash` ON `customer_api_keys` (`key_hash`);
--> statement-breakpoint
CREATE INDEX `customer_api_keys_customer_uid` ON `customer_api_keys` (`customer_uid`);
--> statement-breakpoint
CREATE INDEX `customer_api_keys_made_by` ON `customer_api_keys` (`made_by_admin_id`) WHERE made_by_admin_id IS NOT NULL;
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`customer_uid` text NOT NULL,
	`caller` text NOT NULL,
	`key` text NOT NULL,
	`step` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`request_id` text NOT NULL,
	`result` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`customer_uid`, `caller`, `key`, `step`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_expires_at` ON `idempotency_keys` (`expires_at`);
--> statement-breakpoint
-- What customers keep: lists, contacts, and who is in which list.
CREATE TABLE `lists` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`customer_uid` text NOT NULL,
	`name` text COLLATE NOCASE NOT NULL,
	`description` text,
	`contacts_count` integer DEFAULT 0 NOT NULL,
	`subscribed_count` integer DEFAULT 0 NOT NULL,
	`unsubscribed_count` integer DEFAULT 0 NOT NULL,
	`unconfirmed_count` integer DEFAULT 0 NOT NULL,
	`blacklisted_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`customer_uid`) REFERENCES `customers`(`uid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lists_uid_unique` ON `lists` (`uid`);
--> statement-breakpoint
CREATE INDEX `lists_customer` ON `lists` (`customer_uid`,`id`);
--> statement-breakpoint
CREATE INDEX `lists_customer_name` ON `lists` (`customer_uid`,`name`);
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
	`first_name_key` text COLLATE NOCASE GENERATED ALWAYS AS (first_name) VIRTUAL,
	`last_name_key` text COLLATE NOCASE GENERATED ALWAYS AS (last_name) VIRTUAL,
	`email_domain` text COLLATE NOCASE GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL,
	FOREIGN KEY (`customer_uid`) REFERENCES `customers`(`uid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_uid_unique` ON `contacts` (`uid`);
--> statement-breakpoint
CREATE INDEX `contacts_customer` ON `contacts` (`customer_uid`,`id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_customer_email` ON `contacts` (`customer_uid`,`email`);
--> statement-breakpoint
CREATE INDEX `contacts_customer_domain` ON `contacts` (`customer_uid`,`email_domain`);
--> statement-breakpoint
CREATE INDEX `contacts_customer_first_name` ON `contacts` (`customer_uid`,`first_name_key`);
--> statement-breakpoint
CREATE INDEX `contacts_customer_last_name` ON `contacts` (`customer_uid`,`last_name_key`);
--> statement-breakpoint
-- Made without a rowid, which drizzle-kit cannot say: the primary key is the table.
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
CREATE INDEX `list_contacts_status` ON `list_contacts` (`list_id`,`status`,`contact_id`);
--> statement-breakpoint
CREATE INDEX `list_contacts_contact` ON `list_contacts` (`contact_id`);
--> statement-breakpoint
CREATE INDEX `list_contacts_customer_status` ON `list_contacts` (`customer_uid`,`status`,`contact_id`);
--> statement-breakpoint
CREATE TABLE `list_tasks` (
	`list_id` integer PRIMARY KEY NOT NULL,
	`source_id` integer,
	`copied_to` integer NOT NULL
);
--> statement-breakpoint
-- The trail. Nothing in it refers to another table: a record outlives what it tells of.
CREATE TABLE `audit_entries` (
	`seq` integer PRIMARY KEY NOT NULL,
	`entry` text NOT NULL,
	`prev_hash` text NOT NULL,
	`hash` text NOT NULL,
	`id` text GENERATED ALWAYS AS (entry ->> '$.id') VIRTUAL NOT NULL,
	`stage` text GENERATED ALWAYS AS (entry ->> '$.stage') VIRTUAL NOT NULL,
	`customer_uid` text GENERATED ALWAYS AS (entry ->> '$.customer_uid') VIRTUAL,
	`admin_id` integer GENERATED ALWAYS AS (entry ->> '$.admin_id') VIRTUAL,
	`api_key_id` text GENERATED ALWAYS AS (entry ->> '$.api_key_id') VIRTUAL,
	`time` text GENERATED ALWAYS AS (entry ->> '$.time') VIRTUAL,
	`method` text GENERATED ALWAYS AS (entry ->> '$.method') VIRTUAL,
	`route` text GENERATED ALWAYS AS (entry ->> '$.route') VIRTUAL,
	`result` text GENERATED ALWAYS AS (entry ->> '$.result') VIRTUAL,
	`ip` text GENERATED ALWAYS AS (entry ->> '$.ip') VIRTUAL,
	`target_id` text GENERATED ALWAYS AS (entry ->> '$.target_id') VIRTUAL,
	`pruned_to_seq` integer GENERATED ALWAYS AS (entry ->> '$.pruned_to_seq') VIRTUAL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_entries_id_stage` ON `audit_entries` (`id`,`stage`);
--> statement-breakpoint
CREATE INDEX `audit_entries_customer` ON `audit_entries` (`customer_uid`,`seq`);
--> statement-breakpoint
CREATE INDEX `audit_entries_time` ON `audit_entries` (`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_customer_time` ON `audit_entries` (`customer_uid`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_admin_time` ON `audit_entries` (`admin_id`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_api_key_time` ON `audit_entries` (`api_key_id`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_method_time` ON `audit_entries` (`method`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_route_time` ON `audit_entries` (`route`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_result_time` ON `audit_entries` (`result`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_ip_time` ON `audit_entries` (`ip`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_target_time` ON `audit_entries` (`target_id`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_stage_time` ON `audit_entries` (`stage`,`time`);
--> statement-breakpoint
CREATE INDEX `audit_entries_checkpoints` ON `audit_entries` (`pruned_to_seq`) WHERE pruned_to_seq IS NOT NULL;
--> statement-breakpoint
CREATE TABLE `audit_open_acts` (
	`id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`time` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_open_acts_time` ON `audit_open_acts` (`time`,`seq`);
--> statement-breakpoint
CREATE TABLE `audit_segments` (
	`first_seq` integer PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL,
	`appended_at` integer NOT NULL,
	`exported_at` integer,
	`digest` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_segments_pending` ON `audit_segments` (`first_seq`) WHERE exported_at IS NULL;
--> statement-breakpoint
CREATE TABLE `audit_dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`reason` text NOT NULL,
	`attempts` integer NOT NULL,
	`sent_at` integer NOT NULL,
	`received_at` integer NOT NULL,
	`replayed_at` integer,
	`event_id` text,
	`event_stage` text,
	`appended_at` integer
);
--> statement-breakpoint
CREATE INDEX `audit_dead_letters_received` ON `audit_dead_letters` (`received_at`,`id`);
--> statement-breakpoint
CREATE INDEX `audit_dead_letters_event` ON `audit_dead_letters` (`event_id`,`event_stage`);
--> statement-breakpoint
-- Totals are read from rows that triggers keep, instead of counting: of the accounts, ...
INSERT INTO totals (name, rows) VALUES ('admins', 0);
--> statement-breakpoint
CREATE TRIGGER admins_counted_in AFTER INSERT ON admins BEGIN
  UPDATE totals SET rows = rows + 1 WHERE name = 'admins';
END;
--> statement-breakpoint
CREATE TRIGGER admins_counted_out AFTER DELETE ON admins BEGIN
  UPDATE totals SET rows = rows - 1 WHERE name = 'admins';
END;
--> statement-breakpoint
-- ... of the customers by status, ...
INSERT INTO customer_totals (status, total) VALUES ('active', 0), ('inactive', 0), ('pending_delete', 0);
--> statement-breakpoint
CREATE TRIGGER customers_counted_in AFTER INSERT ON customers BEGIN
  UPDATE customer_totals SET total = total + 1 WHERE status = NEW.status;
END;
--> statement-breakpoint
CREATE TRIGGER customers_counted_over AFTER UPDATE OF status ON customers WHEN NEW.status <> OLD.status BEGIN
  UPDATE customer_totals SET total = total - 1 WHERE status = OLD.status;
  UPDATE customer_totals SET total = total + 1 WHERE status = NEW.status;
END;
--> statement-breakpoint
CREATE TRIGGER customers_counted_out AFTER DELETE ON customers BEGIN
  UPDATE customer_totals SET total = total - 1 WHERE status = OLD.status;
END;
--> statement-breakpoint
-- ... of the lists and contacts of a customer, ...
CREATE TRIGGER lists_counted_in AFTER INSERT ON lists BEGIN
  UPDATE customers SET lists_count = lists_count + 1 WHERE uid = NEW.customer_uid;
END;
--> statement-breakpoint
CREATE TRIGGER lists_counted_out AFTER DELETE ON lists BEGIN
  UPDATE customers SET lists_count = lists_count - 1 WHERE uid = OLD.customer_uid;
END;
--> statement-breakpoint
CREATE TRIGGER contacts_counted_in AFTER INSERT ON contacts BEGIN
  UPDATE customers SET contacts_count = contacts_count + 1 WHERE uid = NEW.customer_uid;
END;
--> statement-breakpoint
CREATE TRIGGER contacts_counted_out AFTER DELETE ON contacts BEGIN
  UPDATE customers SET contacts_count = contacts_count - 1 WHERE uid = OLD.customer_uid;
END;
--> statement-breakpoint
-- ... and of the members of a list, all and by status.
CREATE TRIGGER list_contacts_counted_in AFTER INSERT ON list_contacts BEGIN
  UPDATE lists SET
    contacts_count = contacts_count + 1,
    subscribed_count = subscribed_count + (NEW.status = 'subscribed'),
    unsubscribed_count = unsubscribed_count + (NEW.status = 'unsubscribed'),
    unconfirmed_count = unconfirmed_count + (NEW.status = 'unconfirmed'),
    blacklisted_count = blacklisted_count + (NEW.status = 'blacklisted')
  WHERE id = NEW.list_id;
END;
--> statement-breakpoint
CREATE TRIGGER list_contacts_counted_out AFTER DELETE ON list_contacts BEGIN
  UPDATE lists SET
    contacts_count = contacts_count - 1,
    subscribed_count = subscribed_count - (OLD.status = 'subscribed'),
    unsubscribed_count = unsubscribed_count - (OLD.status = 'unsubscribed'),
    unconfirmed_count = unconfirmed_count - (OLD.status = 'unconfirmed'),
    blacklisted_count = blacklisted_count - (OLD.status = 'blacklisted')
  WHERE id = OLD.list_id;
END;
--> statement-breakpoint
CREATE TRIGGER list_contacts_recounted AFTER UPDATE OF status ON list_contacts WHEN NEW.status <> OLD.status BEGIN
  UPDATE lists SET
    subscribed_count = subscribed_count + (NEW.status = 'subscribed') - (OLD.status = 'subscribed'),
    unsubscribed_count = unsubscribed_count + (NEW.status = 'unsubscribed') - (OLD.status = 'unsubscribed'),
    unconfirmed_count = unconfirmed_count + (NEW.status = 'unconfirmed') - (OLD.status = 'unconfirmed'),
    blacklisted_count = blacklisted_count + (NEW.status = 'blacklisted') - (OLD.status = 'blacklisted')
  WHERE id = NEW.list_id;
END;
--> statement-breakpoint
-- The audit trail names customers that are gone, so their uids stay theirs.
CREATE TRIGGER customers_uid_retired AFTER DELETE ON customers BEGIN
  INSERT INTO retired_customer_uids (uid) VALUES (OLD.uid);
END;
--> statement-breakpoint
CREATE TRIGGER customers_uid_not_reused BEFORE INSERT ON customers
WHEN EXISTS (SELECT 1 FROM retired_customer_uids WHERE uid = NEW.uid) BEGIN
  SELECT RAISE(ABORT, 'this customer uid was given out before');
END;
--> statement-breakpoint
-- A deleted contact leaves its lists with it: there are few of them.
CREATE TRIGGER contacts_taken_out_of_lists AFTER DELETE ON contacts BEGIN
  DELETE FROM list_contacts WHERE contact_id = OLD.id;
END;
--> statement-breakpoint
-- The members of a deleted list may be hundreds of thousands: they are left to be taken out in steps, and a copy into
-- the list that is still under way ends.
CREATE TRIGGER lists_emptied_later AFTER DELETE ON lists BEGIN
  DELETE FROM list_tasks WHERE list_id = OLD.id;
  INSERT INTO list_tasks (list_id, source_id, copied_to) SELECT OLD.id, NULL, 0 WHERE OLD.contacts_count > 0;
END;
--> statement-breakpoint
-- The trail is a chain: an entry follows the last one there is, or it is refused. Ids are looked for as well,
-- because INSERT OR REPLACE deletes what is in its way without asking the delete trigger.
CREATE TRIGGER audit_entries_in_order BEFORE INSERT ON audit_entries
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
  OR NEW.seq IS NOT NEW.entry ->> '$.seq'
  OR NEW.prev_hash <> coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1),
    '0000000000000000000000000000000000000000000000000000000000000000')
  OR EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.entry ->> '$.id' AND stage = NEW.entry ->> '$.stage')
BEGIN
  SELECT RAISE(ABORT, 'audit_entries: not the next entry');
END;
--> statement-breakpoint
-- A checkpoint names the end of an exported segment and its hash.
CREATE TRIGGER audit_entries_checkpoint BEFORE INSERT ON audit_entries
WHEN NEW.entry ->> '$.pruned_to_seq' IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM audit_entries
  WHERE seq = NEW.entry ->> '$.pruned_to_seq' AND hash = NEW.entry ->> '$.pruned_to_hash'
    AND seq = (SELECT last_seq FROM audit_segments
      WHERE first_seq <= audit_entries.seq AND exported_at IS NOT NULL ORDER BY first_seq DESC LIMIT 1))
BEGIN
  SELECT RAISE(ABORT, 'audit_entries: not the end of an exported segment');
END;
--> statement-breakpoint
-- What is in the trail stays in the trail; only what a checkpoint in the trail itself names may go.
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN
  SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
WHEN NOT EXISTS (SELECT 1 FROM audit_entries WHERE pruned_to_seq >= OLD.seq)
BEGIN
  SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
--> statement-breakpoint
-- Segments are appended as entries are: what an exported object holds never changes.
CREATE TRIGGER audit_segments_in_order BEFORE INSERT ON audit_segments
WHEN NEW.first_seq <> coalesce((SELECT last_seq + 1 FROM audit_segments ORDER BY first_seq DESC LIMIT 1), 1)
BEGIN
  SELECT RAISE(ABORT, 'audit_segments: not the next segment');
END;
--> statement-breakpoint
CREATE TRIGGER audit_segments_no_update BEFORE UPDATE OF first_seq, last_seq, appended_at, digest ON audit_segments
BEGIN
  SELECT RAISE(ABORT, 'audit_segments is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_segments_no_delete BEFORE DELETE ON audit_segments
BEGIN
  SELECT RAISE(ABORT, 'audit_segments is append-only');
END;
--> statement-breakpoint
-- Acts without an outcome, so that nobody has to look for them. The queue may deliver the two stages in any order.
CREATE TRIGGER audit_acts_opened AFTER INSERT ON audit_entries
WHEN NEW.stage = 'received'
  AND NOT EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id AND stage = 'completed')
BEGIN
  INSERT INTO audit_open_acts (id, seq, time) VALUES (NEW.id, NEW.seq, NEW.time);
END;
--> statement-breakpoint
CREATE TRIGGER audit_acts_closed AFTER INSERT ON audit_entries WHEN NEW.stage = 'completed'
BEGIN
  DELETE FROM audit_open_acts WHERE id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER audit_acts_pruned AFTER DELETE ON audit_entries WHEN OLD.stage = 'received'
BEGIN
  DELETE FROM audit_open_acts WHERE id = OLD.id;
END;
