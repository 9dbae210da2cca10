import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { AuditEvent } from '../../../src/audit/recording/event.ts'
import { presentEntry } from '../../../src/audit/trail/entry.ts'
import type { AuditEntry } from '../../../src/audit/trail/fields.ts'
import { auditEntries } from '../../../src/db/schema/audit.ts'
import { fetchWith } from '../bindings/bindings.ts'
import { type Answer, type Caller, loggedIn } from '../calls/http.ts'
import { database } from '../factories.ts'

/** Longer than the consumer waits for a batch to fill. */
const WAIT = { timeout: 20_000, interval: 50 }

/** The trail as it stands, in order. What tests before this one left in the queue may be in it. */
export async function trail(): Promise<AuditEntry[]> {
  const rows = await database().select().from(auditEntries).orderBy(auditEntries.seq)
  return rows.map(presentEntry)
}

/** All entries of the requests that gave these answers, in order, once the outcome of each has arrived. */
export async function recordsOf(answers: Answer[]): Promise<AuditEntry[]> {
  const requestIds = new Set(answers.map(({ headers }) => headers.get('X-Request-Id')))
  return vi.waitUntil(async () => {
    const entries = (await trail()).filter(({ request_id }) => requestIds.has(request_id))
    return entries.filter(({ stage }) => stage === 'completed').length >= answers.length ? entries : undefined
  }, WAIT)
}

/**
 * The queue, and the events it was given: what a call records, without waiting for the consumer. Without `forward` they
 * go no further, for a test whose own looks must not be in the trail that it looks at.
 */
export function listenedQueue({ forward = true, onEvent = () => {} } = {}) {
  const events: AuditEvent[] = []
  const AUDIT_QUEUE = new Proxy(env.AUDIT_QUEUE, {
    get(queue, name) {
      const member: unknown = Reflect.get(queue, name)
      if (name !== 'send') return typeof member === 'function' ? member.bind(queue) : member
      return (event: AuditEvent) => {
        events.push(event)
        onEvent()
        return forward ? queue.send(event) : Promise.resolve()
      }
    },
  })
  return { events, bindings: { AUDIT_QUEUE } }
}

/** Bindings on which what is called leaves no record. */
export const silentBindings = (): Cloudflare.Env => ({
  ...env,
  ...listenedQueue({ forward: false }).bindings,
})

/** A session of a super_admin who looks at the trail: that is itself on record, but these looks stay out of it. */
export async function loggedInUnrecorded() {
  const session = await loggedIn()
  const call: Caller = (path, options) =>
    session.call(path, { via: (request) => fetchWith(silentBindings(), request), ...options })
  return { ...session, call }
}

/** The text of an object of the export. Not by text(): the runtime warns that NDJSON may be none. */
export async function storedText(name: string): Promise<string | undefined> {
  const bytes = await (await env.AUDIT_BUCKET.get(name))?.arrayBuffer()
  return bytes && new TextDecoder().decode(bytes)
}

/** The exported lines of these entries, once they are all there. */
export async function exportedLinesOf(entries: AuditEntry[]): Promise<string[]> {
  return vi.waitUntil(async () => {
    const { objects } = await env.AUDIT_BUCKET.list({ prefix: 'audit/' })
    const keys = objects.map(({ key }) => key).filter((key) => key.endsWith('.ndjson'))
    const texts = await Promise.all(keys.map(storedText))
    const lines = texts.flatMap((text) => text?.trimEnd().split('\n') ?? [])
    const wanted = lines.filter((line) => entries.some(({ hash }) => line.includes(hash)))
    return wanted.length >= entries.length ? wanted : undefined
  }, WAIT)
}

/** The lines of NDJSON. */
export const linesOf = (text: string) => (text === '' ? [] : text.trimEnd().split('\n'))
