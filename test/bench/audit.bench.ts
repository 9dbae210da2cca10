import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { signDigest } from '../../src/audit/export/digest.ts'
import { auditSegments } from '../../src/db/schema/audit.ts'
import { storesIn } from '../../src/http/stores.ts'
import { countedBindings } from '../support/bindings/counted-bindings.ts'
import { database } from '../support/factories.ts'
import { deliver, deliveriesOf, makeEvents } from '../support/trail/audit-queue.ts'
import { seedTrail } from '../support/trail/audit-seed.ts'

const BATCHES = 30
const BATCH_SIZE = 100

/** An exported segment that all seeded entries are in, for the next one to follow. */
async function seedSegment(count: number): Promise<void> {
  const zeros = '0'.repeat(64)
  const entry = { seq: count, entry: '{}', prevHash: zeros, hash: zeros }
  const digest = await signDigest(storesIn(env).signingKeys, [entry], 0, undefined)
  await database()
    .insert(auditSegments)
    .values({ firstSeq: 1, lastSeq: count, appendedAt: 0, exportedAt: 0, digest })
}

test.each([1_000, 1_000_000])('the consumer with %i entries already stored', async (stored) => {
  await seedTrail(stored)
  await seedSegment(stored)
  const batches = Array.from({ length: BATCHES + 1 }, (_, i) =>
    deliveriesOf(makeEvents(BATCH_SIZE, 10_000_000 + i * BATCH_SIZE)),
  )
  const [warmUp = [], ...measured] = batches
  await deliver(warmUp)
  const { bindings, counts } = countedBindings(env)
  const startedAt = performance.now()
  for (const batch of measured) expect((await deliver(batch, bindings)).acknowledged).toHaveLength(BATCH_SIZE)
  const seconds = (performance.now() - startedAt) / 1000
  const perBatch = (count: number) => (count / BATCHES).toFixed(1)
  console.log(
    `${stored} stored: ${Math.round((BATCHES * BATCH_SIZE) / seconds)} entries a second; ` +
      `a batch of ${BATCH_SIZE}: ${((seconds / BATCHES) * 1000).toFixed(1)} ms, ` +
      `${perBatch(counts.d1)} D1 round trips, ${perBatch(counts.rowsRead)} rows read`,
  )
})
