-- Totals of a list, all and by status, are read from its row instead of counting.
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
