import type { GrantMode } from '../db/schema/grants.ts'
import type { AdminAccount } from './accounts/account.ts'
import type { Owed, Role, Scope } from './permissions.ts'

interface Admin {
  type: 'admin'
  adminId: number
  role: Role
}

/** An admin who logged in. */
export interface SessionActor extends Admin {
  via: 'session'
  sessionId: string
  /** The client the call came through; null: a browser, which is none. */
  clientId: string | null
  /** The account as it is at this moment. */
  admin: AdminAccount
  /** Duties before anything else: changing a password that was mailed, or has expired. */
  owes: readonly Owed[]
}

/** A script with an admin's API key. */
export interface ApiKeyActor extends Admin {
  via: 'api_key'
  apiKeyId: string
  /** The scopes of the key that its owner's role still covers. */
  scopes: readonly Scope[]
  /** The uids of the customers it may touch; null: any. */
  customers: readonly string[] | null
  /** The access grant that it is the key of. */
  grant: { id: string; mode: GrantMode } | null
  /** Why it acts, if that was said once for all that it does. */
  reason: string | null
}

export type AdminActor = SessionActor | ApiKeyActor
