import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { V4WorkerOptionsShape } from 'miniflare'
import { bundled } from '../../src/cli/checks/bundle.ts'
import { attached, type BenchRequest, insert, query, ROWS } from './requests.ts'
import { seedBare, seedService } from './seed.ts'
import { compatibility, type Runnable, type Running, serviceOptions } from './workers.ts'

/** A Worker that is measured. */
export interface Target extends Runnable {
  /** Fills its stores. Returns what it is asked, by the name of the row. */
  prepare(running: Running): Promise<Record<string, BenchRequest>>
}

/** What everything is measured against. */
export const bareTarget = (folder: string, upstream: string): Target => ({
  name: 'bare',
  bundle: bundled('test/bench/bare.worker.ts', folder),
  options: { ...compatibility(), d1Databases: { DB: 'DB' }, bindings: { UPSTREAM: upstream } },
  async prepare(running) {
    await seedBare(running)
    return Object.fromEntries(ROWS.map(({ name, floor }) => [name, floor]))
  },
})

/** The least that an audited act costs here, whatever is done in it: what the impersonated rows cannot go below. */
export const recordingTarget = (folder: string, bare: Target): Target => {
  const { queueProducers, queueConsumers } = serviceOptions()
  return {
    ...bare,
    name: 'bare, recording',
    bundle: bundled('test/bench/recording.worker.ts', folder),
    options: { ...bare.options, queueProducers, queueConsumers },
    async prepare(running) {
      const requests = Object.entries(await bare.prepare(running))
      return Object.fromEntries(requests.filter(([name]) => name.endsWith('impersonated')))
    },
  }
}

/** What is attached to the service, and what the bare Worker passes calls on to. */
export const upstreamWorker = (folder: string): Runnable => ({
  name: 'upstream',
  bundle: bundled('test/bench/attached/upstream.worker.ts', folder),
  options: compatibility(),
})

export const serviceTarget = (folder: string, upstream: string): Target => ({
  name: 'steward',
  bundle: bundled('src/index.ts', folder),
  options: {
    ...serviceOptions(),
    bindings: {
      ...serviceOptions().bindings,
      CUSTOMER_API_URL: upstream,
      CUSTOMER_API_PATHS: '/v1/',
      CUSTOMER_API_AUDIENCE: 'orders',
    },
  },
  async prepare(running) {
    const { staff, reader, writer, asReader, asWriter } = await seedService(running)
    return {
      'GET /lists, customer key': { ...query, headers: reader },
      'GET /lists, impersonated': { ...query, headers: asReader },
      whoami: { path: '/admin', headers: staff, expect: 'bench@example.com' },
      'admins, page 1': { path: '/admin/list', headers: staff, expect: 'bench@example.com' },
      'POST /lists, customer key': { ...insert, headers: writer },
      'POST /lists, impersonated': { ...insert, headers: asWriter },
      'attached GET, customer key': { ...attached, headers: reader },
      'attached GET, impersonated': { ...attached, headers: asReader },
    }
  },
})

/** A target as a peer's targets.json describes it; paths are relative to that file. */
interface PeerTarget {
  name: string
  /** Its own bare Worker, which is not needed here. */
  baseline?: boolean
  /** The name of the target that it is like, but for what it says itself. */
  extends?: string
  /** One file, whose default export is the Worker. */
  bundle: string
  /** A module whose default function fills the stores and returns the values of each `{{name}}` in the requests. */
  setup: string
  /** Bindings and the like, as Miniflare 4 takes them. */
  options?: V4WorkerOptionsShape
  routes: (BenchRequest & { name: string })[]
}

/** What a peer's module of the seeds gets. */
interface PeerSetup {
  mf: Running['miniflare']
  url: URL
  db: unknown
  bindings: Record<string, unknown>
}

/** Other services that do the same work, out of a folder with a targets.json. Of its requests those named as a row is are made. */
export function peerTargets(folder: string): Target[] {
  const { targets }: { targets: PeerTarget[] } = JSON.parse(
    readFileSync(join(folder, 'targets.json'), 'utf8'),
  )
  return targets
    .map((own) => {
      const like = targets.find(({ name }) => name === own.extends)
      return { ...like, ...own, options: { ...like?.options, ...own.options } }
    })
    .filter(({ baseline }) => !baseline)
    .map(({ name, bundle, setup, options, routes }) => ({
      name,
      bundle: { code: readFileSync(join(folder, bundle), 'utf8'), wasm: [] },
      options: { ...compatibility(), ...options },
      async prepare(running) {
        const { default: fill } = await import(pathToFileURL(join(folder, setup)).href)
        const values = await fill(await peerSetup(running, options))
        return Object.fromEntries(routes.map((route) => [route.name, filled(route, values)]))
      },
    }))
}

async function peerSetup({ miniflare, url }: Running, options: V4WorkerOptionsShape): Promise<PeerSetup> {
  const [database] = Object.keys(options.d1Databases ?? {})
  const db = database === undefined ? undefined : await miniflare.getD1Database(database)
  return { mf: miniflare, url: new URL(url), db, bindings: options.bindings ?? {} }
}

/** A request with each `{{name}}` replaced by the value of that name. */
function filled(request: BenchRequest, values: Record<string, string>): BenchRequest {
  return JSON.parse(
    JSON.stringify(request).replace(/\{\{(\w+)\}\}/g, (_, name) => {
      if (values[name] === undefined) throw new Error(`the setup returns no value for {{${name}}}`)
      return JSON.stringify(values[name]).slice(1, -1)
    }),
  )
}
