import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { deliver, deliveriesOf, makeEvents } from '../../support/trail/audit-queue.ts'
import { seedTrail } from '../../support/trail/audit-seed.ts'
import { markExported } from '../../support/trail/trail-filling.ts'

const BATCHES = 30
const BATCH_SIZE = 100

test.each([1_000, 1_000_000])('the consumer with %i entries already stored', async (stored) => {
  await seedTrail(stored)
  await markExported(env.DB, stored)
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
