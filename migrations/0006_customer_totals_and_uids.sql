-- How many customers there are is read from three rows instead of counting.
INSERT INTO customer_totals (status, total) VALUES ('active', 0), ('inactive', 0), ('pending_delete', 0);
--> statement-breakpoint
UPDATE customer_totals SET total = (SELECT count(*) FROM customers WHERE customers.status = customer_totals.status);
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
-- The audit trail names customers that are gone, so their uids stay theirs.
CREATE TRIGGER customers_uid_retired AFTER DELETE ON customers BEGIN
  INSERT INTO retired_customer_uids (uid) VALUES (OLD.uid);
END;
--> statement-breakpoint
CREATE TRIGGER customers_uid_not_reused BEFORE INSERT ON customers
WHEN EXISTS (SELECT 1 FROM retired_customer_uids WHERE uid = NEW.uid) BEGIN
  SELECT RAISE(ABORT, 'this customer uid was given out before');
END;
