-- Customers had one name and no email; RFC 2606 keeps .invalid for addresses that reach nobody.
UPDATE customers SET first_name = name, email = uid || '@customer.invalid', updated_at = created_at;
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_email` ON `customers` (`email`);--> statement-breakpoint
ALTER TABLE `customers` DROP COLUMN `name`;