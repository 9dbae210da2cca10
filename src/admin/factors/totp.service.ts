import { and, eq, exists, gt, isNotNull } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { AdminAccount } from '../../auth/accounts/account.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { tellOwner } from '../../auth/factors/notices.ts'
import { newTotpSecret, otpauthUrl, stepOfCode } from '../../auth/factors/totp.ts'
import { inOneTrip } from '../../db/batch.ts'
import { passkeys, totpSecrets } from '../../db/schema/factors.ts'
import { AppError, FIELD_TEXT, invalidField } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { adminOrUnknown, selectAccount } from '../accounts/accounts.service.ts'

/** How long somebody may take from the secret to its first code. */
const PENDING_MS = 15 * 60 * 1000

export interface NewTotp {
  secret: string
  otpauth_url: string
}

/** Makes the secret of an authenticator app. The one before, if there is one, counts until a code confirms this. */
export async function createTotp(
  { db, sealingKeys, settings }: Stores,
  { adminId, admin }: SessionActor,
  now: number,
): Promise<NewTotp> {
  const { secret, sealedSecret: pendingSealedSecret } = await newTotpSecret(sealingKeys, adminId)
  const pending = { pendingSealedSecret, pendingExpiresAt: now + PENDING_MS }
  await inOneTrip(db, {
    pending: db
      .insert(totpSecrets)
      .values({ adminId, ...pending })
      .onConflictDoUpdate({ target: totpSecrets.adminId, set: pending }),
  })
  return { secret, otpauth_url: otpauthUrl(secret, admin.email, settings.productName) }
}

/**
 * Confirms an authenticator app by a code of it, which is used up by that. From now on the account has it.
 * @throws AppError invalid: a wrong code, or there is no secret that waits for one
 */
export async function confirmTotp(
  stores: Stores,
  { adminId, admin }: SessionActor,
  code: string,
  now: number,
): Promise<Changed<AdminAccount>> {
  const { db, sealingKeys } = stores
  const own = eq(totpSecrets.adminId, adminId)
  const waiting = and(own, isNotNull(totpSecrets.pendingSealedSecret), gt(totpSecrets.pendingExpiresAt, now))
  const { rows } = await inOneTrip(db, { rows: db.select().from(totpSecrets).where(waiting) })
  const sealedSecret = rows[0]?.pendingSealedSecret
  const step = sealedSecret ? await stepOfCode(sealingKeys, { adminId, sealedSecret }, code, now) : undefined
  if (!sealedSecret || step === undefined) throw invalidField('totp', FIELD_TEXT.invalid)
  const { before, confirmed, after } = await inOneTrip(db, {
    before: selectAccount(db, `${adminId}`),
    confirmed: db
      .update(totpSecrets)
      .set({
        sealedSecret,
        confirmedAt: now,
        lastStep: step,
        pendingSealedSecret: null,
        pendingExpiresAt: null,
      })
      .where(and(own, eq(totpSecrets.pendingSealedSecret, sealedSecret)))
      .returning({ adminId: totpSecrets.adminId }),
    after: selectAccount(db, `${adminId}`),
  })
  if (confirmed.length === 0) throw invalidField('totp', FIELD_TEXT.invalid)
  tellOwner(stores, admin.email, 'totp_added')
  return { before: adminOrUnknown(before[0], `${adminId}`), after: adminOrUnknown(after[0], `${adminId}`) }
}

/**
 * Removes the authenticator app.
 * @throws AppError totp_unknown, last_factor
 */
export async function removeTotp(
  stores: Stores,
  { adminId, role, admin }: SessionActor,
): Promise<Changed<AdminAccount>> {
  const { db, settings } = stores
  const own = and(eq(totpSecrets.adminId, adminId), isNotNull(totpSecrets.confirmedAt))
  const others = db.select({ id: passkeys.id }).from(passkeys).where(eq(passkeys.adminId, adminId))
  const isSpare = settings.mfaRequiredRoles.includes(role) ? exists(others) : undefined
  const { existing, before, removed, after } = await inOneTrip(db, {
    before: selectAccount(db, `${adminId}`),
    existing: db.select({ adminId: totpSecrets.adminId }).from(totpSecrets).where(own),
    removed: db.delete(totpSecrets).where(and(own, isSpare)).returning({ adminId: totpSecrets.adminId }),
    after: selectAccount(db, `${adminId}`),
  })
  if (existing.length === 0) throw new AppError('totp_unknown')
  if (removed.length === 0) throw new AppError('last_factor')
  tellOwner(stores, admin.email, 'totp_removed')
  return { before: adminOrUnknown(before[0], `${adminId}`), after: adminOrUnknown(after[0], `${adminId}`) }
}
