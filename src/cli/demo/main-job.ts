import { createAccessKey } from '../../auth/callers/access-key.ts'
import { randomUid } from '../../crypto/random.ts'
import type { DemoCustomer, DemoData } from '../local/demo-data.ts'
import {
  actingFor,
  type Caller,
  customerItself,
  NOTHING,
  type Outcome,
  READ,
  type Story,
  type Take,
  WRITE,
} from './calls.ts'

/**
 * Runs the main job: an admin logs in, makes a key, acts for a customer with it, and is refused what it may not do.
 * Returns the session, which may read the trail.
 */
export async function doMainJob({ take, outcomes }: Story, demo: DemoData): Promise<Caller> {
  const [customer, other] = demo.customers
  if (!customer || !other) throw new Error('the demo needs two customers')
  const { session, key } = await logIn(take, demo)
  await actForCustomer(take, customer, key.key)
  await beRefused(take, customer, other, key.key)
  await revokeKey(take, session, customer, key)
  checkSameBytes(outcomes)
  return session
}

async function logIn(take: Take, { client, super_admin }: DemoData) {
  const headers = { 'SWI-CID': client.id }
  const nobody = { name: 'nobody yet', headers, clientSecret: client.secret }
  const login = await take({
    what: 'logs in, the body signed',
    caller: nobody,
    call: 'POST /admin/login',
    body: super_admin,
    expect: 200,
    records: READ,
  })
  const session: Caller = {
    ...nobody,
    name: 'super_admin',
    headers: { ...headers, Authorization: `Bearer ${login.data.auth_token}` },
  }
  const keyRequest = { caller: session, call: 'POST /admin/api_keys', expect: 201, records: WRITE } as const
  const created = await take({
    ...keyRequest,
    what: 'makes an admin API key',
    body: { name: 'Support desk' },
  })
  return { session, key: created.data as { id: string; key: string } }
}

async function actForCustomer(take: Take, customer: DemoCustomer, key: string): Promise<void> {
  const admin = actingFor(customer, key)
  const own = customerItself(customer)
  const call = 'GET /lists'
  await take({ what: 'reads the lists', caller: admin, call, expect: 200, records: READ })
  const { list } = await take({
    what: 'makes a list',
    caller: admin,
    call: 'POST /lists',
    body: { name: 'Spring sale' },
    expect: 201,
    records: WRITE,
  })
  const path = `/lists/${list.uid}` as const
  const body = { name: 'Summer sale', description: 'Renamed on request' }
  await take({ what: 'renames it', caller: admin, call: `PUT ${path}`, body, expect: 200, records: WRITE })
  await take({ what: SAME, caller: admin, call: `GET ${path}`, expect: 200, records: READ })
  await take({ what: SAME, caller: own, call: `GET ${path}`, expect: 200, records: NOTHING })
  await take({ what: 'deletes it', caller: admin, call: `DELETE ${path}`, expect: 200, records: WRITE })
}

const SAME = 'reads it: the same bytes'

/** Checks that the customer and an admin who acts for it get the same answer. */
function checkSameBytes(outcomes: Outcome[]): void {
  const texts = new Set(outcomes.filter(({ what }) => what === SAME).map(({ text }) => text))
  if (texts.size !== 1) throw new Error('An admin and the customer itself got different answers.')
}

async function beRefused(
  take: Take,
  customer: DemoCustomer,
  other: DemoCustomer,
  key: string,
): Promise<void> {
  const admin = actingFor(customer, key)
  const [foreign] = (
    await take({
      what: 'reads its own lists',
      caller: customerItself(other),
      call: 'GET /lists',
      expect: 200,
      records: NOTHING,
    })
  ).lists
  const theirs = { caller: admin, call: `DELETE /lists/${foreign.uid}`, expect: 404, records: WRITE } as const
  await take({ ...theirs, what: "deletes another customer's list" })
  const attempt = { call: 'POST /lists', body: { name: 'Never made' } } as const
  await take({
    ...attempt,
    what: 'names a customer that does not exist',
    caller: actingFor({ uid: randomUid(), name: 'no customer' }, key),
    expect: 404,
    records: READ,
  })
  await take({
    ...attempt,
    what: 'guesses a key',
    caller: actingFor(customer, createAccessKey('admin'), 'somebody'),
    expect: 401,
    records: NOTHING,
  })
}

async function revokeKey(
  take: Take,
  session: Caller,
  customer: DemoCustomer,
  key: { id: string; key: string },
): Promise<void> {
  const call = `DELETE /admin/api_keys/${key.id}` as const
  await take({ what: 'revokes the key', caller: session, call, expect: 200, records: WRITE })
  const admin = actingFor(customer, key.key)
  await take({
    what: 'tries the revoked key',
    caller: admin,
    call: 'GET /lists',
    expect: 401,
    records: NOTHING,
  })
}
