import type { Context } from 'hono'
import type { Database } from '../db/client.ts'
import type { Env } from '../env.ts'
import { inBackground } from '../log.ts'
import { type Mailer, mailerOf } from '../mail/mailer.ts'
import { type Settings, settingsOf } from '../settings.ts'
import type { AppEnv } from './context.ts'

/** The stores that services work with. One that needs little takes a `Pick` of it. */
export interface Stores {
  db: Database
  kv: Env['KEYS']
  mailer: Mailer
  settings: Settings
  /** What makes the pseudonyms of staff, by which customers know them. */
  pseudonymKey: string
  /** Runs work after the answer. A failure is logged under this name, and only that. */
  later(name: string, work: Promise<unknown> | undefined): void
}

/** Returns the stores of a request. */
export const storesOf = (
  c: Context<AppEnv> | Pick<Context<AppEnv>, 'env' | 'var' | 'executionCtx'>,
): Stores => ({
  db: c.var.db,
  kv: c.env.KEYS,
  mailer: mailerOf(c.env),
  settings: settingsOf(c.env),
  pseudonymKey: c.env.PSEUDONYM_KEY,
  later(name, work) {
    if (work) inBackground(c.executionCtx, name, work)
  },
})
