import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundled } from '../../src/cli/checks/bundle.ts'
import { checksum } from '../../src/cli/local/checksum.ts'
import { runCommand } from '../../src/cli/local/cleanup.ts'
import { seedService } from './seed.ts'
import { type Running, run, serviceOptions } from './workers.ts'

// What a login takes, and how long another customer's `GET /lists` takes while logins are hashed: npm run bench:logins.
const LOGINS_AT_ONCE = 40
const ROUNDS = 5

await runCommand(async (defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-logins-'))
  defer(() => rmSync(folder, { recursive: true }))
  const service = { name: 'steward', bundle: bundled('src/index.ts', folder), options: serviceOptions() }
  const worker = await run(service, join(folder, 'steward'))
  defer(() => worker.miniflare.dispose())
  await measure(worker)
})

async function measure(worker: Running) {
  const { client, reader } = await seedService(worker)
  const neighbour = () => timed(async () => fetch(`${worker.url}/lists`, { headers: reader }))
  /** As somebody who has no account, from an address of its own, so that the brake does not count. */
  const login = (number: number) => {
    const body = JSON.stringify({ email: `nobody-${number}@example.com`, password: 'no password of anybody' })
    const headers = {
      'Content-Type': 'application/json',
      'SWI-CID': client.id,
      'SWI-CS': checksum(client.secret, body),
    }
    return timed(async () => fetch(`${worker.url}/admin/login`, { method: 'POST', headers, body }))
  }
  let number = 0
  for (let i = 0; i < 5; i++) await Promise.all([login(number++), neighbour()])

  const [alone, undisturbed, flooded]: [number[], number[], number[]] = [[], [], []]
  const statuses: Record<number, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 5; i++) alone.push((await login(number++)).milliseconds)
    for (let i = 0; i < 20; i++) undisturbed.push((await neighbour()).milliseconds)
    let over = false
    const flood = Promise.all(Array.from({ length: LOGINS_AT_ONCE }, () => login(number++))).then(
      (answers) => {
        over = true
        for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
      },
    )
    await sleep(20)
    while (!over) flooded.push((await neighbour()).milliseconds)
    await flood
  }
  console.log(
    `${new Date().toISOString()} · ${ROUNDS} rounds · logins by status: ${JSON.stringify(statuses)}`,
  )
  console.log(`a login by itself:                          ${summary(alone)}`)
  console.log(`GET /lists, undisturbed:                    ${summary(undisturbed)}`)
  console.log(`GET /lists, while ${LOGINS_AT_ONCE} logins came at once:   ${summary(flooded)}`)
}

async function timed(send: () => Promise<Response>) {
  const start = performance.now()
  const answer = await send()
  await answer.arrayBuffer()
  return { status: answer.status, milliseconds: performance.now() - start }
}

function summary(milliseconds: number[]): string {
  const sorted = milliseconds.toSorted((left, right) => left - right)
  const of = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(0)
  return `median ${of(0.5)} ms, 95 % within ${of(0.95)} ms, at most ${of(1)} ms (${sorted.length})`
}
