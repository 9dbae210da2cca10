import { env } from 'cloudflare:workers'
import { expect, inject, test } from 'vitest'
import { cursorAfter } from '../../../src/http/pagination.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { type CallOptions, customerWithCallers } from '../../support/calls/http.ts'
import { putIntoList, seedContacts, seedLists } from '../../support/seed.ts'

const SMALL = 1_000
const LARGE = inject('contactsOfLargeCustomer')

/** At most 1,000 matches are counted, 3 rows each, and a page of 20 is read. */
const MAX_BOUNDED_ROWS = 3_300

/** A customer with so many contacts, every second of them in a list. */
async function customerOfSize(contacts: number) {
  const customer = await customerWithCallers()
  const listUid: string = (await customer.own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
  await seedContacts(customer.uid, contacts)
  await putIntoList(listUid, contacts / 2)
  await seedLists(customer.uid, contacts / 10)
  const { json } = await customer.own(`/lists/${listUid}/contacts?per_page=2`)
  const [first, second] = json.contacts
  const [outsider] = (await customer.own('/contacts?per_page=1')).json.contacts
  return { ...customer, contacts, listUid, first: first.uid, second: second.uid, outsider: outsider.uid }
}

type Customer = Awaited<ReturnType<typeof customerOfSize>>
type Call = [path: string, options?: CallOptions]

/** A cursor far into a collection that this customer's contacts are in by age. */
const deep = ({ contacts }: Customer, ...key: (string | number)[]) =>
  cursorAfter({ page: 40 }, key.length > 0 ? key : [contacts * 0.9])

/** The number, as emails and last names have it, of a contact far in. */
const far = ({ contacts }: Customer) => String(contacts * 0.9).padStart(7, '0')

/** Each is one round trip; the members of a deleted list go while the answer is on its way. */
const tripsOf = (path: string, { method }: CallOptions = {}) =>
  method === 'DELETE' && /^\/lists\/\w+$/.test(path) ? 2 : 1

type Calls = Record<string, (customer: Customer) => Call>

/** What is asked that costs more the more contacts match, up to the 1,000 that are counted. */
const boundedCalls: Calls = {
  'a search far in, by last name': (customer) => [
    `/contacts?search=l&cursor=${deep(customer, 2, `Last${far(customer)}`, 0)}`,
  ],
  'the lists by name': () => ['/lists?search=list'],
  'the lists by name far in': (customer) => [
    `/lists?search=list&cursor=${deep(customer, `List ${far(customer).slice(1)}`, 0)}`,
  ],
  'a search for a first name': () => ['/contacts?search=first7'],
  'a search far in, among contacts of one first name': (customer) => [
    `/contacts?search=first&cursor=${deep(customer, 1, 'First7', customer.contacts * 0.5)}`,
  ],
  'contacts by status': () => ['/contacts?status=unconfirmed'],
  'contacts by status far in': (customer) => [`/contacts?status=unconfirmed&cursor=${deep(customer)}`],
}

/** What is asked, in this order, that costs the same. */
const calls: Calls = {
  'a page of contacts': () => ['/contacts'],
  'a page of contacts at 400': () => ['/contacts?page=5&per_page=100'],
  'a page of contacts far in': (customer) => [`/contacts?cursor=${deep(customer)}`],
  'a contact': ({ first }) => [`/contacts/${first}`],
  'a contact by its email': () => ['/contacts?email=MEMBER0000500@seed.example'],
  'a search that all match': () => ['/contacts?search=member'],
  'a search for a last name': () => ['/contacts?search=last00005'],
  'a search that none matches': () => ['/contacts?search=nobody'],
  'a search far in, by email': (customer) => [
    `/contacts?search=member&cursor=${deep(customer, 0, `member${far(customer)}`, 0)}`,
  ],
  'a search by domain': () => ['/contacts?search=@seed.example'],
  'a search by domain far in': (customer) => [`/contacts?search=@seed.example&cursor=${deep(customer)}`],
  'the lists': () => ['/lists'],
  'a list': ({ listUid }) => [`/lists/${listUid}`],
  'a page of members': ({ listUid }) => [`/lists/${listUid}/contacts`],
  'a page of members far in': (customer) => [`/lists/${customer.listUid}/contacts?cursor=${deep(customer)}`],
  'members by status': ({ listUid }) => [`/lists/${listUid}/contacts?status=blacklisted`],
  'members by status far in': (customer) => [
    `/lists/${customer.listUid}/contacts?status=blacklisted&cursor=${deep(customer)}`,
  ],
  'whether an email is a member': ({ listUid }) => [
    `/lists/${listUid}/contacts?email=member0000990@seed.example`,
  ],
  'a new contact': () => ['/contacts', { body: { email: 'new@seed.example', first_name: 'New' } }],
  'a contact again': () => ['/contacts', { body: { email: 'new@seed.example' } }],
  'a new member': ({ listUid }) => [`/lists/${listUid}/contacts`, { body: { email: 'newer@seed.example' } }],
  'a new member by uid': ({ listUid, outsider }) => [
    `/lists/${listUid}/contacts`,
    { body: { contact_uid: outsider } },
  ],
  'another status': ({ listUid, first }) => [
    `/lists/${listUid}/contacts/${first}`,
    { method: 'PUT', body: { status: 'subscribed' } },
  ],
  'a member less': ({ listUid, second }) => [`/lists/${listUid}/contacts/${second}`, { method: 'DELETE' }],
  'a contact changed': ({ first }) => [
    `/contacts/${first}`,
    { method: 'PATCH', body: { email: 'other@seed.example' } },
  ],
  'a contact less': ({ first }) => [`/contacts/${first}`, { method: 'DELETE' }],
  'a list less': ({ listUid }) => [`/lists/${listUid}`, { method: 'DELETE' }],
}

test(`what is asked of a customer with ${LARGE} contacts costs what it costs with ${SMALL}`, {
  timeout: 600_000,
}, async () => {
  const [small, large] = [await customerOfSize(SMALL), await customerOfSize(LARGE)]
  for (const [what, callOf] of Object.entries(boundedCalls)) {
    const { status, counts } = await counted(large.own, ...callOf(large))
    expect.soft(status, what).toBe(200)
    expect.soft(counts.d1, what).toBe(1)
    expect.soft(counts.rowsRead, what).toBeLessThanOrEqual(MAX_BOUNDED_ROWS)
  }
  for (const [what, callOf] of Object.entries(calls)) {
    const inSmall = await counted(small.own, ...callOf(small))
    const inLarge = await counted(large.own, ...callOf(large))
    expect.soft(inLarge.status, what).toBeLessThan(500)
    expect.soft(inLarge.status, what).toBe(inSmall.status)
    expect.soft(inLarge.counts.d1, what).toBe(tripsOf(...callOf(large)))
    expect.soft(inLarge.counts.rowsWritten, what).toBe(inSmall.counts.rowsWritten)
    expect.soft(inLarge.counts.rowsRead, what).toBeLessThanOrEqual(inSmall.counts.rowsRead + 5)
  }
})

test.each<{ name: string; callOf: (customer: Customer) => Call }>([
  {
    name: 'contacts of one first name',
    callOf: (customer) => [
      `/contacts?search=an&cursor=${deep(customer, 1, 'Anna', customer.contacts * 0.5)}`,
    ],
  },
  {
    name: 'contacts of one last name',
    callOf: (customer) => [
      `/contacts?search=sm&cursor=${deep(customer, 2, 'Smith', customer.contacts * 0.5)}`,
    ],
  },
  {
    name: 'lists of one name',
    callOf: (customer) => [`/lists?search=sa&cursor=${deep(customer, 'Same', customer.contacts * 0.05)}`],
  },
])('a page among many $name costs no more far in', { timeout: 600_000 }, async ({ callOf }) => {
  const customer = await customerOfSize(LARGE)
  await env.DB.batch([
    env.DB.prepare("UPDATE contacts SET first_name = 'Anna', last_name = 'Smith'"),
    env.DB.prepare("UPDATE lists SET name = 'Same'"),
  ])
  const { status, json, counts } = await counted(customer.own, ...callOf(customer))
  expect(status).toBe(200)
  expect(json[json.lists ? 'lists' : 'contacts']).toHaveLength(20)
  expect(counts.rowsRead).toBeLessThanOrEqual(MAX_BOUNDED_ROWS)
})
