import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Env } from '../../src/env.ts'
import { failing, failingDatabase, fetchWith } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { call } from '../support/calls/http.ts'
import { deliver, deliveriesOf, makeEvent } from '../support/trail/audit-queue.ts'

const ready = (bindings: Partial<Env> = {}) =>
  call('/health/ready', { via: (request) => fetchWith(bindings, request) })

const ALL_OK = { d1: 'ok', kv: 'ok', queue: 'ok', keys: 'ok' }

test('it is ready if all it needs can be used, and tells nothing more', async () => {
  expect(await ready()).toMatchObject({ status: 200 })
  expect((await ready()).json).toEqual({ status: 'ready', checks: ALL_OK, unknown_outcomes: 0 })
})

test.each<[string, () => Partial<Env>, object]>([
  ['D1', () => ({ DB: failingDatabase() }), { d1: 'failed' }],
  ['KV', () => ({ KEYS: failing(env.KEYS, 'get') }), { kv: 'failed' }],
  ['the queue', () => ({ AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'metrics') }), { queue: 'failed' }],
  ['a signing key', () => ({ AUDIT_SIGNING_KEYS: 'k1:c2VjcmV0' }), { keys: 'failed' }],
  ['a sealing key', () => ({ CLIENT_SECRETS_KEYS: '' }), { keys: 'failed' }],
])('without %s it is not ready, and only says which it is', async (_, bindings, failed) => {
  expectLogged(`"not_ready":"${Object.keys(failed)}"`)
  const answer = await ready(bindings())
  expect(answer.status).toBe(503)
  expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/)
  expect(answer.json).toEqual({
    status: 'not_ready',
    checks: { ...ALL_OK, ...failed },
    unknown_outcomes: 'd1' in failed ? null : 0,
  })
})

test('acts without an outcome are counted from a minute on, and no more once it is there', async () => {
  const at = (n: number, age: number) =>
    makeEvent(n, { stage: 'received', time: new Date(Date.now() - age).toISOString() })
  await deliver(deliveriesOf([at(1, 61_000), at(2, 3_600_000), at(3, 10_000)]))
  expect((await ready()).json).toMatchObject({ status: 'ready', unknown_outcomes: 2 })
  await deliver(deliveriesOf([makeEvent(2)]))
  expect((await ready()).json).toMatchObject({ unknown_outcomes: 1 })
  await deliver(deliveriesOf([makeEvent(4), at(4, 90_000)]))
  expect((await ready()).json).toMatchObject({ unknown_outcomes: 1 })
})
