import { and, eq, lte, sql } from 'drizzle-orm'
import { fromUtf8, gunzip, gzip, utf8 } from '../crypto/encoding.ts'
import type { SealingKeys } from '../crypto/sealed-secret.ts'
import type { Database } from '../db/client.ts'
import { idempotencyKeys } from '../db/schema/customers.ts'
import { AppError, orUnavailable } from '../errors.ts'

/** For how long a repetition gets the first answer. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** How long a request that says nothing more is taken to be running; what dies on its way blocks its key no longer. */
const CLAIM_MS = 60 * 1000

/** What a row of D1 (2 MB) takes. Only a bulk answer of ten thousand very long emails comes near. */
const SEALED_LENGTH = 1_900_000

/** Asks for the answer of a request that is still running to be waited for. */
const RETRY_AFTER_SECONDS = 1

/** A request as its repetitions are known by. */
export interface RepeatableRequest {
  customerUid: string
  key: string
  /** What was asked: a repetition asks the same. */
  fingerprint: string
  /** Which of them it is. */
  requestId: string
}

export interface KeptAnswer {
  status: number
  body: string
}

/**
 * Claims a key for a request, which then runs; or gives the answer that the first request with this key got. One
 * statement decides, so of any number at once one runs.
 * @throws AppError idempotency_key_reused, idempotency_in_progress, dependency_unavailable
 */
export async function claimRequest(
  db: Database,
  seal: SealingKeys,
  request: RepeatableRequest,
  now: number,
): Promise<KeptAnswer | undefined> {
  const claim = { lockedUntil: now + CLAIM_MS, expiresAt: now + KEPT_MS, status: null, sealedBody: null }
  const free = sql`${idempotencyKeys.expiresAt} <= ${now} OR (${idempotencyKeys.status} IS NULL
    AND ${idempotencyKeys.lockedUntil} <= ${now} AND ${idempotencyKeys.fingerprint} = ${request.fingerprint})`
  const [claimed, [first]] = await orUnavailable(
    db.batch([
      db
        .insert(idempotencyKeys)
        .values({ ...request, ...claim })
        .onConflictDoUpdate({
          target: [idempotencyKeys.customerUid, idempotencyKeys.key],
          set: { ...request, ...claim },
          setWhere: free,
        })
        .returning({ requestId: idempotencyKeys.requestId }),
      db.select().from(idempotencyKeys).where(withKey(request)),
    ]),
  )
  if (claimed.length > 0 || !first) return undefined
  if (first.fingerprint !== request.fingerprint) throw new AppError('idempotency_key_reused')
  const { status, sealedBody } = first
  if (status === null || sealedBody === null)
    throw new AppError('idempotency_in_progress', { headers: { 'Retry-After': `${RETRY_AFTER_SECONDS}` } })
  return { status, body: fromUtf8(await gunzip(await seal.openBytes(sealedBody, ownerOf(request)))) }
}

/** Keeps the answer of a request that ran, sealed: it may show an API key, which is in clear nowhere else. */
export async function keepAnswer(
  db: Database,
  seal: SealingKeys,
  request: RepeatableRequest,
  { status, body }: KeptAnswer,
): Promise<void> {
  const sealedBody = await seal.sealBytes(await gzip(utf8(body)), ownerOf(request))
  if (sealedBody.length > SEALED_LENGTH) return releaseRequest(db, request)
  await db.update(idempotencyKeys).set({ status, sealedBody }).where(claimedBy(request))
}

/** Gives up the key of a request that came to no outcome, for a repetition to run. */
export async function releaseRequest(db: Database, request: RepeatableRequest): Promise<void> {
  await db.delete(idempotencyKeys).where(claimedBy(request))
}

/** Forgets the keys that no repetition can use any more. */
export async function purgeIdempotencyKeys(db: Database, now: number): Promise<void> {
  await db.delete(idempotencyKeys).where(lte(idempotencyKeys.expiresAt, now))
}

const withKey = ({ customerUid, key }: RepeatableRequest) =>
  and(eq(idempotencyKeys.customerUid, customerUid), eq(idempotencyKeys.key, key))

/** Not if another request has taken the key over. */
const claimedBy = (request: RepeatableRequest) =>
  and(withKey(request), eq(idempotencyKeys.requestId, request.requestId))

const ownerOf = ({ customerUid, key }: RepeatableRequest) => `idempotency:${customerUid}:${key}`
