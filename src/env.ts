import type { Database } from './db/client.ts'
import type { Envelope } from './http/envelopes.ts'
import type { RequestFacts } from './http/request-log.ts'

/** The bindings, as wrangler.toml declares them. */
export type Env = Cloudflare.Env

/** Milliseconds since the Unix epoch. */
export type Clock = () => number

/** What every request has from its first middleware on. */
export interface RequestVariables {
  requestId: string
  startedAt: number
  now: Clock
  db: Database
  envelope: Envelope
  /** For the log: filled in by what finds them out. */
  facts: RequestFacts
}

/** The generics of every Hono app in here. */
export interface AppEnv {
  Bindings: Env
  Variables: RequestVariables
}
