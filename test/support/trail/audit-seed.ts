import { env } from 'cloudflare:workers'
import { fillTrail } from './trail-filling.ts'

export { SEEDED } from './trail-filling.ts'

/** Fills the empty trail of the test. */
export const seedTrail = (count: number) => fillTrail(env.DB, count)
