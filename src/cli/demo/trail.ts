import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { AuditEntry } from '../../audit/trail/fields.ts'
import type { ListedEntry } from '../../audit/trail/queries.ts'
import type { VerifiedExport } from '../../audit/verify/verified-export.ts'
import { verifyExport } from '../../audit/verify/verify.ts'
import type { PublicKey } from '../../crypto/signing-keys.ts'
import type { Env } from '../../env.ts'
import type { Caller, Outcome } from './calls.ts'

/** The longest wait for the consumer, which waits two seconds for a batch to fill; the rest is for slow machines. */
const PATIENCE_MS = 30_000
const POLL_MS = 200

/** An object of the exported trail: entries, one a line, or the signed digest of such an object. */
export interface ExportedObject {
  key: string
  text: string
}

/** Returns the trail, oldest first, once the consumer has stored the expected number of entries. */
export async function trailOf(url: string, session: Caller, outcomes: Outcome[]): Promise<AuditEntry[]> {
  const expected = outcomes.flatMap(({ records }) => records).length
  return eventually(async () => {
    const entries = await entriesAt(`${url}/admin/audit?per_page=100`, session)
    return { value: entries, done: entries.length >= expected }
  })
}

/** Returns what is on record under a grant, oldest first. */
export const reportOf = (url: string, session: Caller, grantId: string): Promise<AuditEntry[]> =>
  entriesAt(`${url}/admin/audit?per_page=100&grant_id=${grantId}`, session)

/** Returns the entries of a listing, oldest first, but for looks at the trail, which can fill pages. */
async function entriesAt(listing: string, { headers }: Caller): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  let cursor: string | null = null
  do {
    const response = await fetch(listing + (cursor === null ? '' : `&cursor=${cursor}`), { headers })
    const { data, meta } = (await response.json()) as {
      data: ListedEntry[]
      meta: { next_cursor: string | null }
    }
    // These facts of a listed entry are no part of it.
    entries.push(...data.map(({ outcome: _, actor_email: __, ...entry }): AuditEntry => entry))
    cursor = meta.next_cursor
  } while (cursor !== null)
  return entries.filter(isNoLook).sort((left, right) => left.seq - right.seq)
}

/** Returns whether an entry is no read of the trail: those are recorded too, on top of what the demo did. */
const isNoLook = ({ route }: AuditEntry) => route !== '/admin/audit'

/** Returns the lines of an object, each an entry; none if it is a digest. */
export const linesOf = ({ key, text }: ExportedObject): string[] =>
  key.endsWith('.ndjson') ? text.split('\n').filter((line) => line !== '') : []

/** Returns the objects of the export, once they hold a line for each of these entries, and a digest for each object. */
export async function exportOf({ AUDIT_BUCKET }: Env, entries: AuditEntry[]): Promise<ExportedObject[]> {
  return eventually(async () => {
    const { objects } = await AUDIT_BUCKET.list({ prefix: 'audit/' })
    const value = await Promise.all(
      objects.map(async ({ key }) => ({ key, text: (await (await AUDIT_BUCKET.get(key))?.text()) ?? '' })),
    )
    const keys = value.map(({ key }) => key)
    const signed = keys.every((key) => keys.includes(key.replace(/\.ndjson$/, '.digest.json')))
    const hashes = new Set(value.flatMap(linesOf).map((line) => (JSON.parse(line) as AuditEntry).hash))
    return { value, done: signed && entries.every(({ hash }) => hashes.has(hash)) }
  })
}

/**
 * Verifies signatures, digests and the chain of hashes as anybody outside can: from the export, the public keys that
 * the service publishes and the hash of the newest entry that it showed.
 * @throws ExportProblem
 */
export async function verified(
  url: string,
  objects: ExportedObject[],
  newest: AuditEntry | undefined,
): Promise<VerifiedExport> {
  const response = await fetch(`${url}/.well-known/steward-audit-keys.json`)
  const { keys } = (await response.json()) as { keys: PublicKey[] }
  const bytes = new Map(objects.map(({ key, text }) => [key, new TextEncoder().encode(text)]))
  const source = { names: [...bytes.keys()], read: async (name: string) => bytes.get(name) ?? null }
  return verifyExport(source, keys, newest?.hash)
}

/** Polls until done or out of time. Returns the last result for the caller to judge. */
async function eventually<Value>(ask: () => Promise<{ value: Value; done: boolean }>): Promise<Value> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const { value, done } = await ask()
    if (done || performance.now() > deadline) return value
    await sleep(POLL_MS)
  }
}

/** Returns the faults in the records of the steps; none if all is well. */
export function problemsOf(outcomes: Outcome[], entries: AuditEntry[], objects: ExportedObject[]): string[] {
  const problems: string[] = []
  for (const outcome of outcomes) {
    const name = `${outcome.call} (${outcome.what})`
    const own = entries.filter(({ request_id }) => request_id === outcome.requestId)
    const stages = own
      .map(({ stage }) => stage)
      .sort()
      .reverse()
    if (!isDeepStrictEqual(stages, outcome.records))
      problems.push(`${name} has to leave ${listed(outcome.records)}, but left ${listed(stages)}.`)
    if (own.some(({ id }) => outcome.auditId !== null && id !== outcome.auditId))
      problems.push(`${name} was answered with another X-Audit-Id than its record has.`)
    if (own.some(({ stage, status }) => stage === 'completed' && status !== outcome.status))
      problems.push(`${name} has another status on record than it was answered with.`)
  }
  const known = new Set(outcomes.map(({ requestId }) => requestId))
  const strangers = entries.filter(({ request_id }) => !known.has(request_id))
  if (strangers.length > 0) problems.push(`${strangers.length} entries are of calls that nobody made.`)
  const lines = objects.flatMap(linesOf).map((line) => JSON.parse(line) as AuditEntry)
  const exported = lines.filter(isNoLook).sort((left, right) => left.seq - right.seq)
  if (!isDeepStrictEqual(exported, entries))
    problems.push('The exported lines are not the entries of the trail.')
  return problems
}

/** Returns how the report of a grant differs from the entries of the trail that name it. */
export function problemsOfReport(entries: AuditEntry[], report: AuditEntry[], grantId: string): string[] {
  const named = entries.filter(({ grant_id }) => grant_id === grantId)
  const isSame = named.length > 0 && isDeepStrictEqual(report, named)
  return isSame ? [] : ['The report of the grant is not what the trail has of it.']
}

const listed = (stages: string[]) => stages.join(' and ') || 'no record'
