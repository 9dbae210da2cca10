import type { Context } from 'hono'
import { AppError } from '../../errors.ts'
import type { Act } from './act.ts'
import type { AuditResult } from './event.ts'
import { followedStream } from './followed-stream.ts'

/**
 * How an act goes on record. `change`: as `received` before it runs and as `completed` after. `stream`: the same, but
 * it is over when its body has ended or broken off. `read`: once, as `completed` before its answer leaves.
 * `refusal`: only if it is refused.
 */
export type Recording = 'change' | 'stream' | 'read' | 'refusal'

interface RecordedRun {
  act: Act
  recording: Recording
  /** Names the actor of the act, and throws what refuses it. Called more often than once. */
  authorize: () => Promise<unknown>
  /** Whether the run's own reads ask for the authority, in the round trip that they make. */
  ridesAlong: boolean
  run: () => Promise<unknown>
}

/**
 * Runs an act and keeps its record: nothing takes effect and nothing leaves before a record of it is durable.
 * Once begun it runs to its end although its caller hangs up, which on the platform ends whatever is not in `waitUntil`
 * (https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil).
 * @throws whatever `authorize` throws, on record if it is known who acts; AppError audit_unavailable
 */
export function recorded(c: Context, recordedRun: RecordedRun): Promise<void> {
  const work = perform(c, recordedRun)
  // Of a read that is not on record nothing is missing if it goes unanswered.
  if (recordedRun.recording === 'refusal') return work
  c.executionCtx.waitUntil(work.catch(() => undefined))
  return work
}

async function perform(
  c: Context,
  { act, recording, authorize, ridesAlong, run }: RecordedRun,
): Promise<void> {
  const isReceived = recording === 'change' || recording === 'stream'
  try {
    if (isReceived || !ridesAlong) await authorize()
    if (isReceived) await act.received()
    await run()
    await authorize()
  } catch (error) {
    await completedBy(c, act, error)
    throw error
  }
  if (recording === 'stream' && c.res.ok && c.res.body) return follow(c, act, c.res.body)
  if (recording !== 'refusal') await act.completed(c.res.status)
}

/** Without an actor there is nothing to record: nobody is known to have asked. */
async function completedBy(c: Context, act: Act, error: unknown): Promise<void> {
  if (!act.isIdentified) return
  c.header('X-Audit-Id', act.id)
  if (!(error instanceof AppError)) return act.completed(500, 'error')
  if (error.code !== 'audit_unavailable') await act.completed(error.status, 'refused')
}

/** Puts the end of a stream on record, however it ends. */
function follow(c: Context, act: Act, body: ReadableStream<Uint8Array>): void {
  const { status } = c.res
  const { stream, ended } = followedStream(body)
  c.executionCtx.waitUntil(ended.then((result: AuditResult) => act.completed(status, result)))
  c.res = new Response(stream, c.res)
}
