import type { seedService } from './seed.ts'

/** A request of the benchmark. */
export interface BenchRequest {
  path: string
  headers?: Record<string, string>
  /** Makes it a POST. */
  json?: unknown
  status?: number
}

/** A request to the service, and what it is measured against. */
export interface BenchRoute extends BenchRequest {
  name: string
  /** The bare Worker's request that does as little of the same kind: one query, or one insert. */
  floor: BenchRequest
  /** The ratio of requests per second to reach. */
  target: number
}

const newList = { json: { name: 'New list' }, status: 201 }
const query: BenchRequest = { path: '/lists' }
const insert: BenchRequest = { path: '/lists', ...newList }

/** What `npm run bench` measures. */
export function benchRoutes(credentials: Awaited<ReturnType<typeof seedService>>): BenchRoute[] {
  const { staff, reader, writer, asReader, asWriter } = credentials
  return [
    { name: 'GET /lists, own key', path: '/lists', headers: reader, floor: query, target: 0.5 },
    { name: 'GET /lists, impersonated', path: '/lists', headers: asReader, floor: query, target: 0.4 },
    { name: 'GET /admin', path: '/admin', headers: staff, floor: query, target: 0.6 },
    {
      name: 'GET /admin/list, page 1 of 10,000',
      path: '/admin/list',
      headers: staff,
      floor: query,
      target: 0.5,
    },
    { name: 'POST /lists, own key', ...insert, headers: writer, floor: insert, target: 0.5 },
    { name: 'POST /lists, impersonated', ...insert, headers: asWriter, floor: insert, target: 0.3 },
  ]
}
