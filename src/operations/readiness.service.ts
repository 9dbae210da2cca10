import { selectUnknownOutcomes } from '../audit/trail/outcome.ts'
import { within } from '../base/within.ts'
import type { JobStores } from '../http/stores.ts'
import { logFailure } from '../log.ts'

/** The longest that a component may take to answer. */
const TIMEOUT_MS = 3_000

type Check = 'ok' | 'failed'

export interface Readiness {
  checks: Record<'d1' | 'kv' | 'queue' | 'keys', Check>
  /** Acts without an outcome, up to 1,000; null if D1 does not answer. */
  unknownOutcomes: number | null
}

/** Returns the readiness of all dependencies. Each check changes nothing; failures are logged. */
export async function readinessOf(stores: JobStores, now: number): Promise<Readiness> {
  const counted = answerOf('d1', async () => (await selectUnknownOutcomes(stores.db, now))[0]?.total ?? 0)
  const [count, kv, queue, keys] = await Promise.all([
    counted,
    answerOf('kv', () => stores.kv.get('health')),
    answerOf('queue', () => stores.queue.metrics()),
    answerOf('keys', () => usable(stores)),
  ])
  const check = (answer: unknown): Check => (answer === undefined ? 'failed' : 'ok')
  return {
    checks: { d1: check(count), kv: check(kv), queue: check(queue), keys: check(keys) },
    unknownOutcomes: count ?? null,
  }
}

/** Returns the answer of a component; undefined if it failed or took too long. */
async function answerOf<Answer>(component: string, ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await within(TIMEOUT_MS, ask())
  } catch (error) {
    logFailure({ not_ready: component }, error)
    return undefined
  }
}

/** @throws Error if a key is missing or none */
async function usable({ sealingKeys, signingKeys, assertionKeys }: JobStores): Promise<string[]> {
  await sealingKeys.seal('', '')
  return Promise.all([signingKeys.sign(''), assertionKeys.sign('')])
}
