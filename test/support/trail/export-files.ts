import {
  digestName,
  LATEST_DIGEST,
  objectText,
  readDigest,
  signDigest,
} from '../../../src/audit/export/digest.ts'
import type { TrailEvent } from '../../../src/audit/recording/event.ts'
import { type ChainedEntry, chainEntry } from '../../../src/audit/trail/entry.ts'
import { GENESIS_HASH } from '../../../src/audit/trail/fields.ts'
import { SigningKeys } from '../../../src/crypto/signing-keys.ts'

/** Signing keys by name, as AUDIT_SIGNING_KEYS has them. */
export const key = (name: string, letter: string) => `${name}:${letter.repeat(42)}A`

/** The export of a trail, by the names of its objects, with the copy of the newest digest. */
export type Export = Map<string, string>

export const publicKeysOf = async (...keys: string[]) => ({
  keys: await new SigningKeys('AUDIT_SIGNING_KEYS', keys.join(',')).publicKeys(),
})

/** An export made in Node as the consumer makes one: a segment of three entries for each key, which signs it. */
export async function exportSignedBy(keys: string[]): Promise<Export> {
  const files: Export = new Map()
  let head: Pick<ChainedEntry, 'seq' | 'hash'> = { seq: 0, hash: GENESIS_HASH }
  let previous: string | undefined
  for (const signer of keys) {
    const first = chainEntry(eventAfter(head.seq), head)
    const second = chainEntry(eventAfter(first.seq), first)
    const third = chainEntry(eventAfter(second.seq), second)
    const text = await signDigest(
      new SigningKeys('AUDIT_SIGNING_KEYS', signer),
      [first, second, third],
      Date.UTC(2026, 10, 21),
      previous,
    )
    const { object } = readDigest(text).digest
    files.set(object, objectText([first, second, third])).set(digestName(object), text)
    previous = text
    head = third
  }
  if (previous !== undefined) files.set(LATEST_DIGEST, previous)
  return files
}

function eventAfter(seq: number): TrailEvent {
  const id = `aud_${String(seq + 1).padStart(22, '0')}`
  return {
    v: 1,
    id,
    stage: 'completed',
    time: '2026-11-21T09:30:00.000Z',
    actor: { type: 'admin', admin_id: 1, role: 'admin', api_key_id: null },
    grant: null,
    customer_uid: null,
    target: null,
    changes: null,
    replayed: false,
    action: { method: 'GET', route: '/lists', path: '/lists' },
    request: { id, ip: null, country: null, colo: null, user_agent: null, reason: null },
    outcome: { status: 200, result: 'success', duration_ms: 1, rows: null },
  }
}
