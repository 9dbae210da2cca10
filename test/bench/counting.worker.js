import { env } from 'cloudflare:workers'
import { AsyncLocalStorage } from 'node:async_hooks'
import worker from './worker.js'

// The main module of a run that counts and is not measured: the Worker beside it as it is, and `GET /__calls`, which says
// what the request before it asked of D1, KV and the queues. Bindings are counted at their prototypes, so that it makes
// no difference how a Worker comes by them. What a queue's consumer asks is not the request's.

/** Whether a call is made by a request. */
const inRequest = new AsyncLocalStorage()
let counts = none()

// By what they are, not by what they can: a service's binding has a method of every name.
for (const binding of Object.values(env)) {
  const kind = binding?.constructor?.name
  if (kind === 'D1Database') countD1(Object.getPrototypeOf(binding.withSession()))
  if (kind === 'KvNamespace')
    for (const method of ['get', 'getWithMetadata', 'put', 'delete', 'list']) count(binding, method, 'kv')
  if (kind === 'WorkerQueue') for (const method of ['send', 'sendBatch']) count(binding, method, 'queue')
}

function none() {
  return { d1: 0, kv: 0, queue: 0, rowsRead: 0, rowsWritten: 0 }
}

/** Every statement and batch goes through one method of the session object, the database's own too. */
function countD1(session) {
  around(session, '_send', async (call) => {
    counts.d1++
    const result = await call()
    for (const { meta } of [result].flat()) {
      counts.rowsRead += meta?.rows_read ?? 0
      counts.rowsWritten += meta?.rows_written ?? 0
    }
    return result
  })
}

function count(binding, method, what) {
  around(Object.getPrototypeOf(binding), method, (call) => {
    counts[what]++
    return call()
  })
}

/** Replaces a method, once for all the bindings that share it. */
function around(prototype, method, counted) {
  const original = prototype[method]
  if (typeof original !== 'function') throw new Error(`${method}() is called otherwise now: count it there`)
  if (original.isCounted) return
  prototype[method] = function (...args) {
    const call = () => original.apply(this, args)
    return inRequest.getStore() ? counted(call) : call()
  }
  prototype[method].isCounted = true
}

export default {
  ...worker,
  fetch(request, bindings, context) {
    if (new URL(request.url).pathname !== '/__calls')
      return inRequest.run(true, () => worker.fetch(request, bindings, context))
    const answer = Response.json(counts)
    counts = none()
    return answer
  },
}
