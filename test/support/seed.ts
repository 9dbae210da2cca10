import { env } from 'cloudflare:workers'
import { seeding } from './seeding.ts'

/** The same for the database of the test. */
export const { seedLists, seedContacts, seedMembers, putIntoList } = seeding(env.DB)
