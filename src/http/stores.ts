import type { Context } from 'hono'
import { pseudonymOf } from '../crypto/pseudonym.ts'
import { SealingKeys } from '../crypto/sealed-secret.ts'
import { SigningKeys } from '../crypto/signing-keys.ts'
import { type Database, openDatabase } from '../db/client.ts'
import type { Env } from '../env.ts'
import { inBackground } from '../log.ts'
import { type Mailer, mailerOf } from '../mail/mailer.ts'
import { type Settings, settingsOf } from '../settings.ts'
import type { AppEnv } from './context.ts'

/** The stores and keys that services work with. A service that needs few takes a `Pick` of it. */
export interface Stores {
  db: Database
  kv: Env['KEYS']
  /** The queue of the audit trail. */
  queue: Env['AUDIT_QUEUE']
  /** The exported trail. */
  bucket: Env['AUDIT_BUCKET']
  mailer: Mailer
  settings: Settings
  /** The keys that seal the secrets of clients. */
  sealingKeys: SealingKeys
  /** The keys that sign the export. */
  signingKeys: SigningKeys
  /** The keys that sign what is asserted to an attached API. */
  assertionKeys: SigningKeys
  /** The attached API, where a service binding reaches it. */
  customerApi: Env['CUSTOMER_API']
  /** Returns the pseudonym of a member of staff towards a customer. */
  pseudonymOf(customerUid: string, adminId: number): Promise<string>
  /** Runs work after the answer. A failure is logged under this name, and only that. */
  later(name: string, work: Promise<unknown> | undefined): void
}

/** The stores of work that no caller waits for. */
export type JobStores = Omit<Stores, 'later'>

/** Returns the stores of a deployment. What is wrong with a setting or key fails those who use it. */
export const storesIn = (env: Env, db: Database = openDatabase(env.DB)): JobStores => ({
  db,
  kv: env.KEYS,
  queue: env.AUDIT_QUEUE,
  bucket: env.AUDIT_BUCKET,
  get mailer() {
    return mailerOf(env)
  },
  get settings() {
    return settingsOf(env)
  },
  get sealingKeys() {
    return new SealingKeys(env.CLIENT_SECRETS_KEYS)
  },
  get signingKeys() {
    return new SigningKeys('AUDIT_SIGNING_KEYS', env.AUDIT_SIGNING_KEYS)
  },
  get assertionKeys() {
    return new SigningKeys('ASSERTION_SIGNING_KEYS', env.ASSERTION_SIGNING_KEYS)
  },
  customerApi: env.CUSTOMER_API,
  pseudonymOf: (customerUid, adminId) => pseudonymOf(env.PSEUDONYM_KEY, customerUid, adminId),
})

/** Returns the stores of a request. */
export const storesOf = (
  c: Context<AppEnv> | Pick<Context<AppEnv>, 'env' | 'var' | 'executionCtx'>,
): Stores =>
  Object.assign(storesIn(c.env, c.var.db), {
    later(name: string, work: Promise<unknown> | undefined) {
      if (work) inBackground(c.executionCtx, name, work)
    },
  })
