import { AppError } from '../errors.ts'
import type { AdminActor } from './actor.ts'
import { type PermissionRule, ROLES, type Role, SEES_ALL } from './permissions.ts'

/** The things that a caller may touch under a permission. */
export interface Reach {
  /** The account whose things it may touch; null: anyone's. */
  owner: number | null
  /** The account whose things it is told of; null: anyone's. */
  toldOf: number | null
  /** The uids of the customers it may touch; null: any. */
  customers: readonly string[] | null
}

/** Returns what a row of the table lets an admin touch. */
export function reachUnder(
  { whose, tellsOf = whose }: Pick<PermissionRule, 'whose' | 'tellsOf'>,
  actor: AdminActor,
): Reach {
  const ownerOf = (of: PermissionRule['whose']) => {
    const all: readonly Role[] = of === undefined ? ROLES : SEES_ALL[of]
    return all.includes(actor.role) ? null : actor.adminId
  }
  return {
    owner: ownerOf(whose),
    toldOf: ownerOf(tellsOf),
    customers: actor.via === 'api_key' ? actor.customers : null,
  }
}

/**
 * Returns whose things to list: those of the account that is asked for, else all within reach (null: everyone's).
 * @throws AppError forbidden if somebody else's are asked for
 */
export function ownerToList(reach: Reach, asked: number | undefined): number | null {
  if (asked !== undefined) checkOwner(reach, asked)
  return asked ?? reach.owner
}

/** @throws AppError forbidden if the things of this account are out of reach */
export function checkOwner({ owner }: Reach, adminId: number): void {
  if (owner !== null && owner !== adminId) throw new AppError('forbidden')
}
