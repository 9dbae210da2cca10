import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { toBase64Url } from '../../../src/base/encoding.ts'
import { clients } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { type Answer, loggedIn, signedCaller } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { database, makeAdmin, makeClient, makeSession } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_CLIENT_ID } from '../../support/unknown.ts'

const PATH = '/admin/clients'
const post = { method: 'POST' }

let boss: Awaited<ReturnType<typeof loggedIn>>
let token: string

beforeEach(async () => {
  boss = await loggedIn()
  token = await makeSession((await makeAdmin()).adminId)
})

interface Client {
  id: string
  secret: string
}

/** Signs something with a client's secret, this many milliseconds from now: 422 if the signature is right. */
const trySecret = (client: Client, elapsed = 0, bindings = {}): Promise<Answer> =>
  signedCaller(client, token)('/admin/api_keys', {
    body: { name: '' },
    via: (request) => fetchWith(bindings, request, () => Date.now() + elapsed),
  })

describe('POST /admin/clients', () => {
  test('gives a secret that is in this one answer, works, and is nowhere in clear', async () => {
    const answer = await boss.call(PATH, { body: { name: 'Back office' } })
    expect(answer.status).toBe(201)
    const { secret, ...shown } = answer.json.data
    expect(shown).toEqual({
      id: expect.stringMatching(/^client_\w{22}$/),
      name: 'Back office',
      disabled: false,
      require_bound_signatures: false,
      previous_secret_expires_at: null,
      created_at: expect.any(String),
    })
    expect((await trySecret(answer.json.data)).status).toBe(422)
    const listed = await boss.call(PATH)
    expect(listed.json.data).toContainEqual(shown)
    const records = await recordsOf([answer])
    expect(records.at(-1)).toMatchObject({ target_type: 'client', target_id: shown.id, result: 'success' })
    const kept = [listed.json, records, await database().select().from(clients)]
    expect(JSON.stringify(kept)).not.toContain(secret)
  })

  test('needs a name', async () => {
    expect(await boss.call(PATH, { body: {} })).toMatchObject({
      status: 422,
      json: { errors: { name: ["can't be blank"] } },
    })
  })
})

test('GET /admin/clients comes in pages that a cursor follows', async () => {
  for (let i = 0; i < 4; i++) await makeClient(`Client ${i}`)
  const pages = await pagesOf(boss.call, `${PATH}?per_page=2`)
  for (const { meta } of pages) expect(meta.total).toBe(5)
  const seen = pages.flatMap(({ data }) => data.map(({ id }: Client) => id))
  expect(new Set(seen).size).toBe(5)
})

describe('POST /admin/clients/:id/rotate', () => {
  const rotate = async (client: Client, body = {}): Promise<Client> => {
    const answer = await boss.call(`${PATH}/${client.id}/rotate`, { body })
    expect(answer).toMatchObject({ status: 200, json: { message: 'Client rotated successfully' } })
    return answer.json.data
  }
  const refused = { status: 401, json: { code: 'checksum_mismatch' } }

  test('without a grace the old secret is refused at once', async () => {
    const old = await makeClient()
    expect((await trySecret(old)).status).toBe(422)
    const rotated = await rotate(old)
    expect(rotated.id).toBe(old.id)
    expect(await trySecret(old)).toMatchObject(refused)
    expect((await trySecret(rotated)).status).toBe(422)
  })

  test('both secrets verify until the grace is over', async () => {
    const old = await makeClient()
    const rotated = await rotate(old, { grace_seconds: 60 })
    expect((await trySecret(old, 55_000)).status).toBe(422)
    expect((await trySecret(rotated, 55_000)).status).toBe(422)
    expect(await trySecret(old, 61_000)).toMatchObject(refused)
    expect((await trySecret(rotated, 61_000)).status).toBe(422)
    expect(await trySecret({ ...old, secret: 'neither' })).toMatchObject(refused)
  })

  test('again, it ends the grace of the first', async () => {
    const first = await makeClient()
    const second = await rotate(first, { grace_seconds: 60 })
    const third = await rotate(first, { grace_seconds: 60 })
    expect(await trySecret(first)).toMatchObject(refused)
    expect((await trySecret(second)).status).toBe(422)
    expect((await trySecret(third)).status).toBe(422)
  })

  test.each([[-1], [604_801], ['soon'], [null]])('a grace of %j is refused', async (grace_seconds) => {
    const client = await makeClient()
    const answer = await boss.call(`${PATH}/${client.id}/rotate`, { body: { grace_seconds } })
    expect(answer).toMatchObject({ status: 422, json: { errors: { grace_seconds: [expect.any(String)] } } })
    expect((await trySecret(client)).status).toBe(422)
  })
})

describe('POST /admin/clients/:id/disable and enable', () => {
  test('bind the next call', async () => {
    const client = await makeClient()
    const path = `${PATH}/${client.id}`
    for (let i = 0; i < 2; i++)
      expect((await boss.call(`${path}/disable`, post)).json.data).toMatchObject({ disabled: true })
    expect(await trySecret(client)).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
    expect((await boss.call(`${path}/enable`, post)).json.data).toMatchObject({ disabled: false })
    expect((await trySecret(client)).status).toBe(422)
  })

  test('a call cannot disable the client it came through', async () => {
    const client = await makeClient()
    const answer = await signedCaller(client, token)(`${PATH}/${client.id}/disable`, post)
    expect(answer).toMatchObject({
      status: 409,
      json: { code: 'self_action', message: 'A call cannot disable the client it came through' },
    })
    expect((await trySecret(client)).status).toBe(422)
  })

  test('two clients cannot disable each other at once', async () => {
    const pair = [await makeClient(), await makeClient()] as const
    for (let round = 0; round < 5; round++) {
      await database().update(clients).set({ disabledAt: null })
      const answers = await Promise.all([
        signedCaller(pair[0], token)(`${PATH}/${pair[1].id}/disable`, post),
        signedCaller(pair[1], token)(`${PATH}/${pair[0].id}/disable`, post),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    }
  })

  test.each(['rotate', 'disable', 'enable'])('%s of a client that never was is a 404', async (act) => {
    const options = act === 'rotate' ? { body: {} } : post
    expect(await boss.call(`${PATH}/${UNKNOWN_CLIENT_ID}/${act}`, options)).toMatchObject({
      status: 404,
      json: { code: 'client_id_unknown', message: 'Client does not exist' },
    })
  })
})

describe('CLIENT_SECRETS_KEYS, the Worker secret that seals the clients’ secrets,', () => {
  const newKey = `next:${toBase64Url(crypto.getRandomValues(new Uint8Array(32)))}`
  const unavailable = { status: 503, json: { code: 'dependency_unavailable' } }

  test('is rotated by a new key in front: old clients go on, and new secrets are sealed with it', async () => {
    const bindings = { CLIENT_SECRETS_KEYS: `${newKey},${env.CLIENT_SECRETS_KEYS}` }
    const old = await makeClient()
    expect((await trySecret(old, 0, bindings)).status).toBe(422)
    const answer = await boss.call(`${PATH}/${old.id}/rotate`, {
      body: {},
      via: (request) => fetchWith(bindings, request),
    })
    const [row] = await database().select().from(clients).where(eq(clients.id, old.id))
    expect(row?.sealedSecret).toMatch(/^next\./)
    expect((await trySecret(answer.json.data, 0, { CLIENT_SECRETS_KEYS: newKey })).status).toBe(422)
  })

  test.each([
    ['without the key that sealed a secret', newKey],
    ['with another key of its name', newKey.replace('next', 'test')],
    ['that is no key at all', 'nonsense'],
    ['that is empty', ''],
  ])('%s lets nobody in', async (_, CLIENT_SECRETS_KEYS) => {
    expectLogged('dependency_unavailable')
    const client = await makeClient()
    const answer = await trySecret(client, 0, { CLIENT_SECRETS_KEYS })
    expect(answer).toMatchObject(unavailable)
    expect(answer.text).not.toContain('key')
    const guess = await trySecret({ ...client, secret: 'a guess' }, 0, { CLIENT_SECRETS_KEYS })
    expect(guess).toMatchObject(unavailable)
  })
})
