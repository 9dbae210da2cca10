-- The total of the accounts is read from one row instead of counting them.
INSERT INTO totals (name, rows) SELECT 'admins', count(*) FROM admins;
--> statement-breakpoint
CREATE TRIGGER admins_counted_in AFTER INSERT ON admins BEGIN
  UPDATE totals SET rows = rows + 1 WHERE name = 'admins';
END;
--> statement-breakpoint
CREATE TRIGGER admins_counted_out AFTER DELETE ON admins BEGIN
  UPDATE totals SET rows = rows - 1 WHERE name = 'admins';
END;
