/** A request of the benchmark. */
export interface BenchRequest {
  path: string
  method?: string
  headers?: Record<string, string>
  /** The body. */
  json?: unknown
  /** What the answer must have: 200, unless this says otherwise. */
  status?: number
  /** A text that the answer must hold. */
  expect?: string
}

/** A row of the benchmark: what is asked of each target. */
export interface BenchRow {
  name: string
  /** What the bare Worker does instead, which is as little of the same kind as can be: one query, one insert, or one query and one call. */
  floor: BenchRequest
  /** The ratio of the service's requests per second to the bare Worker's that is to be reached. */
  goal: number
}

export const query: BenchRequest = { path: '/lists', expect: 'List ' }
export const insert: BenchRequest = {
  path: '/lists',
  method: 'POST',
  json: { name: 'New list' },
  status: 201,
}

/** A call that is passed on to another service. */
export const attached: BenchRequest = { path: '/v1/orders', expect: 'tea' }

/** What `npm run bench` measures. */
export const ROWS: readonly BenchRow[] = [
  { name: 'GET /lists, customer key', floor: query, goal: 0.7 },
  { name: 'GET /lists, impersonated', floor: query, goal: 0.5 },
  { name: 'whoami', floor: query, goal: 0.7 },
  { name: 'admins, page 1', floor: query, goal: 0.6 },
  { name: 'POST /lists, customer key', floor: insert, goal: 0.8 },
  { name: 'POST /lists, impersonated', floor: insert, goal: 0.55 },
  { name: 'attached GET, customer key', floor: attached, goal: 0.6 },
  { name: 'attached GET, impersonated', floor: attached, goal: 0.6 },
]
