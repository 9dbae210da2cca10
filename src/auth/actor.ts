import type { AdminAccount } from './accounts/account.ts'
import type { Role, Scope } from './permissions.ts'

interface Admin {
  type: 'admin'
  adminId: number
  role: Role
}

/** An admin who logged in. */
export interface SessionActor extends Admin {
  via: 'session'
  sessionId: string
  /** The client the call came through. */
  clientId: string
  /** The account as it is at this moment. */
  admin: AdminAccount
  /** The password has to be changed before anything else: it was mailed, or it expired. */
  passwordPending: boolean
}

/** A script with an admin's API key. */
export interface ApiKeyActor extends Admin {
  via: 'api_key'
  apiKeyId: string
  /** What the key may do at this moment: its scopes as far as its owner's role still covers them. */
  scopes: readonly Scope[]
  /** The uids of the customers it may touch; null: any. */
  customers: readonly string[] | null
}

export type AdminActor = SessionActor | ApiKeyActor

/** The uids of the customers an admin may touch in this way; null: any. */
export const reachOf = (actor: AdminActor) => (actor.via === 'api_key' ? actor.customers : null)
