import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bundled } from '../../../src/cli/checks/bundle.ts'
import { checksum } from '../../../src/cli/local/checksum.ts'
import { runCommand } from '../../../src/cli/local/cleanup.ts'
import { freePort } from '../../../src/cli/local/free-port.ts'
import { check } from '../calls.ts'
import type { BenchRequest } from '../requests.ts'
import { seedService } from '../seed.ts'
import { type Running, run, serviceOptions } from '../workers.ts'
import { heapSnapshot, usedHeap } from './heap.ts'

// Whether the memory of the Worker stays flat under a mix of requests on many connections: npm run bench:memory.
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: '200' },
    /** A folder for snapshots of the isolate's heap, after the first minute and at the end. */
    snapshots: { type: 'string' },
  },
})
const MINUTE_MS = 60_000
const minutes = Number(options.minutes)
const NAME = 'steward'

await runCommand(async (defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-memory-'))
  defer(() => rmSync(folder, { recursive: true }))
  const inspectorPort = await freePort()
  const service = { name: NAME, bundle: bundled('src/index.ts', folder), options: serviceOptions() }
  const worker = await run(service, join(folder, NAME), { inspectorPort })
  defer(() => worker.miniflare.dispose())
  await watch(worker, inspectorPort)
})

async function watch(worker: Running, inspectorPort: number) {
  const { client, staff, reader, writer, asReader, asWriter } = await seedService(worker)
  const lists = { path: '/lists', expect: 'List ' }
  const newList = { path: '/lists', method: 'POST', json: { name: 'New list' }, status: 201 }
  /** One of each twenty requests. */
  const MIX: BenchRequest[] = [
    ...Array(8).fill({ ...lists, headers: reader }),
    ...Array(6).fill({ ...lists, headers: asReader }),
    ...Array(2).fill({ ...newList, headers: writer }),
    { ...newList, headers: asWriter },
    { path: '/admin', headers: staff },
    { path: '/admin/list', headers: staff },
    { path: '/admin/audit', headers: staff },
  ]
  const wrongLogin = (n: number): BenchRequest => {
    const json = { email: `nobody-${n}@example.com`, password: 'no password of anybody' }
    const headers = { 'SWI-CID': client.id, 'SWI-CS': checksum(client.secret, JSON.stringify(json)) }
    return { path: '/admin/login', method: 'POST', headers, json, status: 401 }
  }

  const end = Date.now() + minutes * MINUTE_MS
  let answered = 0
  const connection = async (_: unknown, start: number) => {
    for (let n = start; Date.now() < end; n++, answered++)
      await check(worker, MIX[n % MIX.length] ?? { ...lists, headers: reader })
  }
  const logins = async () => {
    for (let n = 0; Date.now() < end; n++) {
      await check(worker, wrongLogin(n))
      await sleep(1000)
    }
  }
  const samples = async () => {
    for (let minute = 0; minute <= minutes; minute++) {
      await sleep(end - (minutes - minute) * MINUTE_MS - Date.now())
      const resident = worker.residentMemory().toFixed(0)
      const used = (await usedHeap(inspectorPort, NAME)).toFixed(1)
      console.log(`| ${minute} | ${answered} | ${resident} | ${used} |`)
      if (options.snapshots && (minute === 1 || minute === minutes)) {
        const snapshot = await heapSnapshot(inspectorPort, NAME)
        writeFileSync(join(options.snapshots, `minute-${minute}.heapsnapshot`), snapshot)
      }
    }
  }
  console.log(`${new Date().toISOString()} · ${options.connections} connections, a wrong login a second`)
  console.log('| minute | answered | workerd MiB | heap MiB |\n| --- | --- | --- | --- |')
  await Promise.all([samples(), logins(), ...Array.from({ length: Number(options.connections) }, connection)])
}
