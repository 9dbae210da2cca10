import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type * as z from 'zod'
import { digestName, readDigest } from '../../../src/audit/export/digest.ts'
import { type AuditEvent, auditEvent } from '../../../src/audit/recording/event.ts'
import type { VerifiedExport } from '../../../src/audit/verify/verified-export.ts'
import { verifyExport } from '../../../src/audit/verify/verify.ts'
import { SigningKeys } from '../../../src/crypto/signing-keys.ts'
import { auditSegments } from '../../../src/db/schema/audit.ts'
import type { Env } from '../../../src/env.ts'
import worker from '../../../src/index.ts'
import { database } from '../factories.ts'
import { storedText } from './audit.ts'

/**
 * Resolves when the real queues have been empty for a while: what other tests left in them would be appended to the
 * trail of this one.
 */
export async function quietQueues(): Promise<void> {
  let quiet = 0
  await vi.waitUntil(
    async () => {
      const backlogs = await Promise.all([env.AUDIT_QUEUE.metrics(), env.AUDIT_DEAD_LETTERS.metrics()])
      quiet = backlogs.every(({ backlogCount }) => backlogCount === 0) ? quiet + 1 : 0
      return quiet >= 4
    },
    { timeout: 20_000, interval: 50 },
  )
}

/** Members of an event in which it is to be another than the one made up. */
export type EventChanges = Partial<z.input<ReturnType<typeof auditEvent>>>

/** The n-th event that a test makes up, in the way the producer words it. */
export function makeEvent(n: number, changes: EventChanges = {}): AuditEvent {
  const stage = changes.stage ?? 'completed'
  return auditEvent().parse({
    v: 1,
    id: `aud_${String(n).padStart(22, '0')}`,
    stage,
    time: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
    actor: { type: 'admin', admin_id: 1, role: 'admin', api_key_id: null },
    customer_uid: 'xj35478ymfe15',
    target: null,
    action: { method: 'GET', route: '/lists', path: '/lists' },
    request: { id: `req_${n}`, ip: null, country: null, colo: null, user_agent: null, reason: null },
    outcome: stage === 'completed' ? { status: 200, result: 'success', duration_ms: 3 } : null,
    ...changes,
  })
}

export const makeEvents = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => makeEvent(from + i))

/** A message as the queue delivers it. */
export interface Delivery {
  id: string
  body: unknown
}

/** Lets the consumer have one batch, on the Worker's own bindings unless some are replaced, and tells what became of it. */
export async function deliver(
  deliveries: Delivery[],
  bindings: Partial<Env> = {},
  queue = 'steward-audit',
): Promise<{ acknowledged: string[]; again: Delivery[] }> {
  const messages = deliveries.map((delivery) => ({ ...delivery, timestamp: new Date(), attempts: 1 }))
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, { ...env, ...bindings })
  const { ackAll, explicitAcks, retryBatch, retryMessages } = await getQueueResult(batch, context)
  const retried = new Set(retryMessages.map(({ msgId }) => msgId))
  const again = deliveries.filter(({ id }) => retryBatch.retry || retried.has(id))
  const acknowledged = ackAll
    ? deliveries.filter((delivery) => !again.includes(delivery)).map(({ id }) => id)
    : explicitAcks
  return { acknowledged, again }
}

export const deliveriesOf = (events: unknown[]): Delivery[] =>
  events.map((body, i) => ({ id: `message-${i}`, body }))

/** Runs what the cron runs for the export. */
export const runCron = (bindings: Partial<Env> = {}) =>
  worker.scheduled({ cron: '*/5 * * * *' } as ScheduledController, { ...env, ...bindings })

/** The export as it lies in the bucket, text by name: all objects that this trail knows of. */
export async function exportedObjects(): Promise<Map<string, string>> {
  const segments = await database().select().from(auditSegments).orderBy(auditSegments.firstSeq)
  const names = segments
    .map(({ digest }) => readDigest(digest).digest.object)
    .flatMap((object) => [object, digestName(object)])
  const texts = await Promise.all(names.map(async (name) => [name, await storedText(name)] as const))
  return new Map(texts.filter((found): found is readonly [string, string] => found[1] !== undefined))
}

/** Verifies an export as anybody can. */
export async function verify(
  objects: Map<string, string>,
  knownHead?: string,
  keys = env.AUDIT_SIGNING_KEYS,
): Promise<VerifiedExport> {
  const source = {
    names: [...objects.keys()],
    read: async (name: string) => {
      const text = objects.get(name)
      return text === undefined ? null : new TextEncoder().encode(text)
    },
  }
  return verifyExport(source, await new SigningKeys('AUDIT_SIGNING_KEYS', keys).publicKeys(), knownHead)
}
