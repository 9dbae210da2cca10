-- Totals are read from the customer's row instead of counting.
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
-- What is in the trail stays in the trail.
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN
  SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN
  SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
