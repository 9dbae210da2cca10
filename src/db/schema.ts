// Every table that may hold what is a customer's, which the purge of one sees by these lines. Factors are staff's alone.
export * from './schema/audit.ts'
export * from './schema/customers.ts'
export * from './schema/grants.ts'
export * from './schema/lists.ts'
export * from './schema/staff.ts'
