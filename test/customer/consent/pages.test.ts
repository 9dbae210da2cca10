import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { purgeAccessLinks } from '../../../src/auth/grants/links.ts'
import { accessGrantLinks, accessGrants } from '../../../src/db/schema/grants.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailTo, type SentMail } from '../../support/bindings/mail.ts'
import {
  type Answer,
  type CallOptions,
  call,
  customerWithCallers,
  loggedIn,
} from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

const REASON = 'Contacts <b>twice</b>\nsee the ticket'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let person: Awaited<ReturnType<typeof loggedIn>>
let email: string

beforeEach(async () => {
  customer = await customerWithCallers()
  person = await loggedIn('customer_success')
  email = (await customer.own('/account')).json.account.email
})

/** Has a grant asked for under a policy: its id, and the token of the link in the mail that it caused. */
async function mailed(policy: 'ask' | 'notify') {
  await customer.own('/account/support_access', { method: 'PUT', body: { policy } })
  const body = { customer_uid: customer.uid, reason: REASON }
  const { id, key } = (await person.call('/admin/access_grants', { body })).json.data
  const mail = await mailTo(email)
  return { id, key, mail, token: tokenOf(mail) }
}

const tokenOf = ({ text }: SentMail) => /\/support_access\?token=(\w+)/.exec(text)?.[1] ?? ''

const open = (token: string, options: CallOptions = {}) => call(`/support_access?token=${token}`, options)
const press = (token: string, choice: string, options: CallOptions = {}) =>
  call('/support_access', {
    body: new URLSearchParams({ token, choice }).toString(),
    ...options,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
const statusOf = async (id: string) => (await person.call(`/admin/access_grants/${id}`)).json.data.status
const isDead = ({ status, text }: Answer) => status === 404 && text.includes('does not work any more')

describe('the link of a request', () => {
  test('shows who asks for what, why and until when, with two buttons, and decides nothing by itself', async () => {
    const { id, token } = await mailed('ask')
    const page = await open(token)
    expect(page.status).toBe(200)
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=UTF-8')
    const listed = (await customer.own('/access_requests')).json.access_requests[0]
    for (const told of [listed.staff, 'Read your data', '1 hour', 'Approve', 'Decline', '(UTC)'])
      expect.soft(page.text).toContain(told)
    expect(page.text).toContain('Contacts &lt;b&gt;twice&lt;/b&gt; see the ticket')
    expect(page.text).not.toContain('<b>')
    expect((await open(token, { method: 'HEAD' })).status).toBe(200)
    expect(await statusOf(id)).toBe('pending')
    expect((await open(token)).status).toBe(200)
  })

  test.each([
    { choice: 'approve', title: 'You approved the access', status: 'active', decision: 'approved' },
    { choice: 'decline', title: 'You declined the access', status: 'declined', decision: 'declined' },
  ])('$choice counts, once, and is on record', async ({ choice, title, status, decision }) => {
    const { id, token } = await mailed('ask')
    const answer = await press(token, choice)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(title)
    expect(await statusOf(id)).toBe(status)
    for (const again of [await open(token), await press(token, 'approve'), await press(token, 'decline')])
      expect(isDead(again)).toBe(true)
    expect(await statusOf(id)).toBe(status)
    expect(await database().select().from(accessGrantLinks)).toMatchObject([{ usedAt: expect.any(Number) }])
    const records = await recordsOf([answer])
    expect(records.map(({ stage }) => stage)).toEqual(['received', 'completed'])
    for (const record of records)
      expect(record).toMatchObject({
        actor_type: 'customer',
        api_key_id: null,
        customer_uid: customer.uid,
        grant_id: id,
        target_type: 'access_grant',
        target_id: id,
        route: '/support_access',
      })
    expect(records.at(-1)?.changes).toMatchObject({
      status: ['pending', status],
      decisions: [[], [{ by: 'customer', decision }]],
    })
    expect(JSON.stringify(records)).not.toContain(token)
    expect((await mailTo(person.email)).subject).toBe(`Access to customer ${customer.uid}: ${decision}`)
  })

  test.each(['end', 'maybe', ''])('%j is no decision: the page asks again', async (choice) => {
    const { id, token } = await mailed('ask')
    const answer = await press(token, choice)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('May support access your account?')
    expect(await statusOf(id)).toBe('pending')
  })

  test('approves nothing where nobody gets in, and says so; it declines', async () => {
    const { id, token } = await mailed('ask')
    await customer.own('/account/support_access', { method: 'PUT', body: { policy: 'closed' } })
    for (const page of [await open(token), await press(token, 'approve')]) {
      expect(page.status).toBe(200)
      expect(page.text).toContain('Your account is closed to our staff')
      expect(page.text).not.toContain('value="approve"')
    }
    expect(await statusOf(id)).toBe('pending')
    expect((await press(token, 'decline')).text).toContain('You declined the access')
    expect(await statusOf(id)).toBe('declined')
  })

  test('of two clicks at once one counts', async () => {
    const { id, token } = await mailed('ask')
    const [approval, refusal] = await Promise.all([press(token, 'approve'), press(token, 'decline')])
    expect([approval, refusal].filter(isDead)).toHaveLength(1)
    expect(await statusOf(id)).toBe(approval.status === 200 ? 'active' : 'declined')
  })

  test('of a click and a call at once one counts', async () => {
    const { id, token } = await mailed('ask')
    const [{ uid }] = (await customer.own('/access_requests')).json.access_requests
    const [click, called] = await Promise.all([
      press(token, 'approve'),
      customer.own(`/access_requests/${uid}/decline`, { method: 'POST' }),
    ])
    expect([click.status, called.status].sort()).toEqual(click.status === 200 ? [200, 409] : [200, 404])
    expect(await statusOf(id)).toBe(click.status === 200 ? 'active' : 'declined')
  })
})

describe('the link of access that began', () => {
  test('shows it, ends it by the button alone, once, and the next call is refused', async () => {
    const { id, key, token } = await mailed('notify')
    const acting = () => customer.impersonated('/lists', { headers: { 'X-ADMIN-API-KEY': key } })
    const page = await open(token)
    for (const told of ['End this access?', 'Read your data', 'End this access</button>'])
      expect.soft(page.text).toContain(told)
    expect((await acting()).status).toBe(200)
    const answer = await press(token, 'end')
    expect(answer.text).toContain('The access has ended')
    expect((await acting()).status).toBe(401)
    expect(await statusOf(id)).toBe('ended')
    for (const again of [await open(token), await press(token, 'end')]) expect(isDead(again)).toBe(true)
    expect((await recordsOf([answer])).at(-1)).toMatchObject({
      actor_type: 'customer',
      grant_id: id,
      changes: { status: ['active', 'ended'], ended_by: [null, { by: 'customer' }] },
    })
  })

  test('neither approves nor declines', async () => {
    const { id, token } = await mailed('notify')
    for (const choice of ['approve', 'decline'])
      expect((await press(token, choice)).text).toContain('End this access?')
    expect(await statusOf(id)).toBe('active')
  })
})

describe.each<{ name: string; end: (id: string) => Promise<unknown> }>([
  { name: 'withdrawn', end: (id) => person.call(`/admin/access_grants/${id}/end`, { method: 'POST' }) },
  {
    name: 'lapsed',
    end: async (id) => {
      await database().update(accessGrants).set({ lapsesAt: 1 }).where(eq(accessGrants.id, id))
    },
  },
  {
    name: 'still waiting, but its link was used',
    end: async (id) => {
      await database().update(accessGrantLinks).set({ usedAt: 1 }).where(eq(accessGrantLinks.grantId, id))
    },
  },
  {
    name: 'older than its link',
    end: async (id) => {
      await database().update(accessGrantLinks).set({ expiresAt: 1 }).where(eq(accessGrantLinks.grantId, id))
    },
  },
])('a request that is $name', ({ end }) => {
  test('is no longer decided by its link', async () => {
    const { id, token } = await mailed('ask')
    await end(id)
    const before = await database().select().from(accessGrants)
    expect(isDead(await open(token))).toBe(true)
    expect(isDead(await press(token, 'approve'))).toBe(true)
    expect(await database().select().from(accessGrants)).toEqual(before)
  })
})

test.each(['', 'stw_access_', 'x'.repeat(10_000), "' OR 1=1 --", '%00'])(
  'what is no token (%#) is a dead link, for which D1 is not asked',
  async (token) => {
    const { bindings, counts } = countedBindings(env)
    const via = (request: Request) => fetchWith(bindings, request)
    expect(isDead(await open(encodeURIComponent(token), { via }))).toBe(true)
    expect(isDead(await press(token, 'approve', { via }))).toBe(true)
    expect(isDead(await call('/support_access', { via }))).toBe(true)
    expect(counts.d1).toBe(0)
  },
)

test('a token that nobody was sent is a dead link', async () => {
  const token = `stw_access_${'x'.repeat(43)}`
  expect(isDead(await open(token))).toBe(true)
  expect(isDead(await press(token, 'approve'))).toBe(true)
})

test('the pages load nothing, run nothing, and are not framed', async () => {
  const { token } = await mailed('ask')
  for (const page of [await open(token), await press(token, 'approve'), await open(token)]) {
    const policy = page.headers.get('Content-Security-Policy')
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-\w{22}'; form-action 'self'; /)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(page.headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(page.text).not.toMatch(/<(script|img|link|iframe)\b|src=|url\(|https?:/i)
  }
})

test('only a hash of the token is kept, and goes with time', async () => {
  const { token } = await mailed('ask')
  const links = await database().select().from(accessGrantLinks)
  expect(links).toHaveLength(1)
  expect(JSON.stringify(links)).not.toContain(token)
  await purgeAccessLinks(database(), Date.now())
  expect(await database().select().from(accessGrantLinks)).toHaveLength(1)
  await purgeAccessLinks(database(), Number(links[0]?.expiresAt))
  expect(await database().select().from(accessGrantLinks)).toEqual([])
})

test('nothing is decided that cannot be recorded', async () => {
  const { id, token } = await mailed('ask')
  expectLogged('audit_unavailable')
  const via = (request: Request) => fetchWith({ AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') }, request)
  expect((await press(token, 'approve', { via })).status).toBe(503)
  expect(await statusOf(id)).toBe('pending')
  expect((await press(token, 'approve')).status).toBe(200)
})

test('other methods are refused', async () => {
  const put = await call('/support_access', { method: 'PUT' })
  expect(put).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } })
  expect(put.headers.get('Allow')).toBe('GET, HEAD, POST')
})
