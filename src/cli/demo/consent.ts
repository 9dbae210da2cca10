import type { DemoData } from '../local/demo-data.ts'
import { actingFor, type Caller, customerItself, NOTHING, READ, type Story, WRITE } from './calls.ts'

/**
 * Runs the second act: a customer asks to be asked, a person asks for access, the customer approves, the person reads
 * and is refused a write, the customer ends it, and the next call is refused. Returns the id of the grant.
 */
export async function askForConsent({ take }: Story, person: Caller, demo: DemoData): Promise<string> {
  const customer = demo.customers[1]
  if (!customer) throw new Error('the demo needs two customers')
  const own = customerItself(customer)
  await take({
    what: 'asks to be asked',
    caller: own,
    call: 'PUT /account/support_access',
    body: { policy: 'ask' },
    expect: 200,
    records: WRITE,
  })
  const read = { call: 'GET /lists' } as const
  const script = actingFor(customer, demo.admin_api_key, 'script')
  await take({ ...read, what: 'has no consent', caller: script, expect: 403, records: READ })
  const { data: grant } = await take({
    what: 'asks for access',
    caller: person,
    call: 'POST /admin/access_grants',
    body: {
      customer_uid: customer.uid,
      reason: 'The import shows contacts twice',
      ticket: '4712',
      duration_seconds: 900,
    },
    expect: 201,
    records: WRITE,
  })
  const { access_requests: requests } = await take({
    what: 'sees who asks, and why',
    caller: own,
    call: 'GET /access_requests',
    expect: 200,
    records: NOTHING,
  })
  await take({
    what: 'approves',
    caller: own,
    call: `POST /access_requests/${requests[0].uid}/approve`,
    expect: 200,
    records: WRITE,
  })
  const { data: keyed } = await take({
    what: 'gets the key of the grant',
    caller: person,
    call: `POST /admin/access_grants/${grant.id}/key`,
    expect: 201,
    records: WRITE,
  })
  const acting = actingFor(customer, keyed.key, 'person')
  await take({ ...read, what: 'reads the lists', caller: acting, expect: 200, records: READ })
  await take({
    what: 'tries to write, with a grant to read',
    caller: acting,
    call: 'POST /lists',
    body: { name: 'Never made' },
    expect: 403,
    records: READ,
  })
  await take({
    what: 'ends the access',
    caller: own,
    call: `DELETE /access_grants/${requests[0].uid}`,
    expect: 200,
    records: WRITE,
  })
  await take({ ...read, what: 'tries once more', caller: acting, expect: 401, records: NOTHING })
  return grant.id
}
