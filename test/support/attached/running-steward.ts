import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundled } from '../../../src/cli/checks/bundle.ts'
import { seedService } from '../../bench/seed.ts'
import { run, serviceOptions } from '../../bench/workers.ts'
import { startUpstream } from './upstream.ts'

/** An entry of the trail, as far as these tests look. */
export interface Entry {
  id: string
  stage: string
  status: number | null
  result: string | null
  path: string
}

/** The service on a socket of its own, as a deployment has it, with an API attached that runs beside it. */
export async function runningSteward() {
  const folder = mkdtempSync(join(tmpdir(), 'steward-attached-'))
  const upstream = await startUpstream()
  const options = serviceOptions()
  const bindings = {
    ...options.bindings,
    CUSTOMER_API_URL: upstream.url,
    CUSTOMER_API_PATHS: '/v1/',
    CUSTOMER_API_AUDIENCE: 'https://api.acme.example',
    CUSTOMER_API_TIMEOUT_SECONDS: '2',
  }
  const worker = {
    name: 'steward',
    bundle: bundled('src/index.ts', folder),
    options: { ...options, bindings },
  }
  const running = await run(worker, join(folder, 'state'))
  const callers = await seedService(running)
  const { port } = new URL(running.url)
  return {
    ...running,
    ...callers,
    upstream: upstream.url,
    unusedConnections: upstream.unusedConnections,
    /** Sends bytes as they are. Resolves with what has come back once `until` says so, or the connection ends. */
    raw: (bytes: string, until?: (got: string) => boolean) => raw(Number(port), bytes, until),
    /** The entries of the trail, oldest first. */
    async trail(): Promise<Entry[]> {
      const db = await running.miniflare.getD1Database('DB')
      const { results } = await db
        .prepare('SELECT entry FROM audit_entries ORDER BY seq')
        .all<{ entry: string }>()
      return results.map(({ entry }) => JSON.parse(entry) as Entry)
    },
    async stop(): Promise<void> {
      await running.miniflare.dispose()
      await upstream.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

export type RunningSteward = Awaited<ReturnType<typeof runningSteward>>

function raw(port: number, bytes: string, until: (got: string) => boolean = isAnswered): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    socket
      .setTimeout(10_000, () => socket.destroy(new Error(`no end of it: ${got}`)))
      .on('data', (chunk) => {
        got += chunk.toString('latin1')
        if (until(got)) socket.resetAndDestroy()
      })
      .on('error', reject)
      .on('close', () => resolve(got))
  })
}

/** Whether a whole answer has come. */
function isAnswered(got: string): boolean {
  const [head = '', ...rest] = got.split('\r\n\r\n')
  if (rest.length === 0 || /^HTTP\/1.1 100 /.test(head)) return rest.length > 1
  const length = /^Content-Length: (\d+)$/im.exec(head)?.[1]
  const body = rest.join('\r\n\r\n')
  return length === undefined ? body.endsWith('0\r\n\r\n') || body === '' : body.length >= Number(length)
}
