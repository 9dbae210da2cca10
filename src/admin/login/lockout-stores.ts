import type { LockoutStores } from '../../auth/accounts/unlock-link.ts'
import type { Env } from '../../env.ts'
import type { RequestVariables } from '../../http/context.ts'
import { mailerOf } from '../../mail/mailer.ts'
import { settingsOf } from '../../settings.ts'

/** What services need that may lock, unlock or mail, from the context of a request. */
export const lockoutStores = (c: { env: Env; var: Pick<RequestVariables, 'db'> }): LockoutStores => ({
  db: c.var.db,
  kv: c.env.KEYS,
  mailer: mailerOf(c.env),
  settings: settingsOf(c.env),
})
