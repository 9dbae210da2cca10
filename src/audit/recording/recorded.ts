import { AppError } from '../../errors.ts'
import { withBody } from '../../http/files/stated-length.ts'
import { ActRecord } from './act-record.ts'
import { followedStream } from './followed-stream.ts'
import type { RecordedRequest } from './recorded-request.ts'

/**
 * How an act goes on record. `change`: as `received` before it runs and as `completed` after. `stream`: the same, but
 * it is over when its body has ended or broken off. `read`: once, as `completed` before its answer leaves, unless the
 * answer turns out to go on (`facts.goesOn`): then as a stream, from before its first byte leaves. `refusal`: only if it is
 * refused.
 */
export type Recording = 'change' | 'stream' | 'read' | 'refusal'

/** An act that has to be on record. */
export interface Act {
  request: RecordedRequest
  recording: Recording
  /**
   * Does what `authorize` does by what is remembered of the caller, for a change that does nothing unless it is so still:
   * the refusal may come of its run.
   */
  presume?: () => Promise<unknown>
  /** Notes who acts in the facts of the request, and throws what refuses them. Called more often than once. */
  authorize: () => Promise<unknown>
  /** Whether the run's own reads ask for the authority, in the round trip that they make. */
  ridesAlong: boolean
  /** Has the answer name the record with this id; undefined: there is none. */
  nameRecord: (id: string | undefined) => void
}

/**
 * Runs an act, which answers, and keeps its record: nothing takes effect and nothing leaves before a record of it is
 * durable. Returns the answer. Once begun it runs to its end although its caller hangs up, which on the platform ends
 * whatever is not in `waitUntil` (https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil).
 * @throws whatever `authorize` throws, on record if it is known who acts; AppError audit_unavailable
 */
export function recorded(act: Act, run: () => Promise<Response>): Promise<Response> {
  const work = perform(act, run)
  // Of a read that is not on record nothing is missing if it goes unanswered.
  if (act.recording !== 'refusal') act.request.waitUntil(work.catch(() => undefined))
  return work
}

async function perform(act: Act, run: () => Promise<Response>): Promise<Response> {
  const { request, recording, nameRecord } = act
  const record = new ActRecord(request)
  if (recording !== 'refusal') nameRecord(record.id)
  let answer: Response
  try {
    answer = await authorized(act, record, run)
  } catch (error) {
    await completedBy(error, act, record)
    throw error
  }
  const goesOn = recording === 'stream' ? answer.ok : recording === 'read' && request.facts.goesOn
  if (goesOn && answer.body) {
    if (recording === 'read') await record.received()
    return followed(answer, answer.body, request, record)
  }
  if (recording !== 'refusal') await record.completed(answer.status)
  return answer
}

async function authorized(
  { recording, authorize, presume = authorize, ridesAlong }: Act,
  record: ActRecord,
  run: () => Promise<Response>,
): Promise<Response> {
  const isChange = recording === 'change'
  const isReceived = isChange || recording === 'stream'
  if (isReceived || !ridesAlong) await (isChange ? presume : authorize)()
  if (isReceived) await record.received()
  const answer = await run()
  await authorize()
  return answer
}

/** Without an actor there is nothing to record: nobody is known to have asked. */
async function completedBy(error: unknown, { request, nameRecord }: Act, record: ActRecord): Promise<void> {
  const isIdentified = request.facts.actor !== null
  nameRecord(isIdentified ? record.id : undefined)
  if (!isIdentified) return
  if (!(error instanceof AppError)) return record.completed(500, 'error')
  if (error.code !== 'audit_unavailable') await record.completed(error.status, 'refused')
}

/** Puts the end of a stream on record, however it ends. */
function followed(
  answer: Response,
  body: ReadableStream<Uint8Array>,
  request: RecordedRequest,
  record: ActRecord,
): Response {
  const { stream, ended } = followedStream(body)
  request.waitUntil(ended.then((result) => record.completed(answer.status, result)))
  return withBody(answer, stream)
}
