// Every table: what has to see all of them, such as the purge of a customer, sees a new file by its line here.
export * from './schema/audit.ts'
export * from './schema/customers.ts'
export * from './schema/grants.ts'
export * from './schema/lists.ts'
export * from './schema/staff.ts'
