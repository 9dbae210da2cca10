import { signDigest } from '../../../src/audit/export/digest.ts'
import { SigningKeys } from '../../../src/crypto/signing-keys.ts'
import { openDatabase } from '../../../src/db/client.ts'
import { auditSegments } from '../../../src/db/schema/audit.ts'
import { TEST_SECRETS } from '../secrets.ts'

/** How many of each kind the seeded entries are spread over. */
const SPREAD = 40

/** The values that seeded entries are spread over. */
export const SEEDED = {
  customer: (n: number) => `customer${String(n % SPREAD).padStart(5, '0')}`,
  ip: (n: number) => `203.0.113.${n % SPREAD}`,
  target: (n: number) => `target${n % SPREAD}`,
  apiKey: (n: number) => `key_${String(n % SPREAD).padStart(22, '0')}`,
  /** The id of the n-th entry, and its time. */
  id: (n: number) => `aud_${String(n).padStart(22, '0')}`,
  time: (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
}

/**
 * Fills an empty trail with `count` entries, in a second for each hundred thousand or so. All hashes are zeros: the
 * trail is as long as a real one and its chain says nothing. Rare are: DELETE, errors, and acts without an outcome.
 * All entries are about the customer that is given.
 */
export async function fillTrail(db: D1Database, count: number, customerUid?: string): Promise<void> {
  // A statement that takes seconds lets the connection that Node asks by run out.
  const STEP = 20_000
  for (let from = 0; from < count; from += STEP) {
    await db
      .prepare(SEED)
      .bind(from, Math.min(count, from + STEP), customerUid ?? null)
      .run()
  }
}

/** Writes down that the `count` entries of a filled trail are exported, for the next segment to follow. */
export async function markExported(db: D1Database, count: number): Promise<void> {
  const zeros = '0'.repeat(64)
  const entry = { seq: count, entry: '{}', prevHash: zeros, hash: zeros }
  const digest = await signDigest(new SigningKeys(TEST_SECRETS.AUDIT_SIGNING_KEYS), [entry], 0, undefined)
  await openDatabase(db)
    .insert(auditSegments)
    .values({ firstSeq: 1, lastSeq: count, appendedAt: 0, exportedAt: 0, digest })
}

const SEED = `
  WITH RECURSIVE numbers(n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
  INSERT INTO audit_entries (seq, entry, prev_hash, hash)
  SELECT n, json_object(
    'seq', n, 'v', 1, 'id', printf('aud_%022d', n),
    'stage', iif(n % 2000 = 7, 'received', 'completed'),
    'time', strftime('%Y-%m-%dT%H:%M:%S.000Z', 1767225600 + n, 'unixepoch'),
    'actor_type', 'admin', 'admin_id', n % 40, 'role', 'admin', 'api_key_id', printf('key_%022d', n % 40),
    'customer_uid', coalesce(?3, printf('customer%05d', n % 40)), 'target_type', 'list', 'target_id', printf('target%d', n % 40),
    'method', iif(n % 1000 = 3, 'DELETE', 'GET'), 'route', iif(n % 1000 = 3, '/lists/:uid', '/lists'),
    'path', '/lists', 'request_id', printf('req_%d', n), 'ip', printf('203.0.113.%d', n % 40), 'country', NULL, 'colo', NULL,
    'user_agent', NULL, 'reason', NULL, 'status', iif(n % 2000 = 7, NULL, 200),
    'result', CASE n % 2000 WHEN 7 THEN NULL WHEN 5 THEN 'error' ELSE 'success' END,
    'duration_ms', 3, 'pruned_to_seq', NULL, 'pruned_to_hash', NULL), zeros, zeros
  FROM numbers, (SELECT printf('%064d', 0) AS zeros)`
