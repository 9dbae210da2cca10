import { cursorAfter } from '../../../src/http/pagination.ts'
import { SEEDED_CONTACT } from '../../support/seeding.ts'
import { SEEDED } from '../../support/trail/trail-filling.ts'
import type { BenchRequest } from '../requests.ts'
import type { World } from './world.ts'

/** The n-th request of a row, about another place in what is stored than the one before. */
type RequestOf = (world: World, n: number) => BenchRequest

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/** The n-th of numbers from 1 to the size, spread evenly however many are taken. */
const anyOf = ({ size }: World, n: number) => 1 + Math.floor(((n * GOLDEN_RATIO) % 1) * size)

const cursor = (...position: (string | number)[]) => `cursor=${cursorAfter({ page: 40 }, position)}`

type QueryOf = (world: World, n: number) => string

const byCustomer =
  (of: RequestOf): RequestOf =>
  (world, n) => ({ headers: world.own, ...of(world, n) })

const ofContacts = (query: QueryOf) => byCustomer((world, n) => ({ path: `/contacts?${query(world, n)}` }))

const ofMembers = (query: QueryOf) =>
  byCustomer((world, n) => ({ path: `/lists/${world.listUid}/contacts?${query(world, n)}` }))

const ofTrail =
  (query: QueryOf): RequestOf =>
  (world, n) => ({ path: `/admin/audit?${query(world, n)}`, headers: world.staff })

const toContact = (world: World, n: number) =>
  `/contacts/${SEEDED_CONTACT.uid(world.customerUid, anyOf(world, n))}`

/** What is asked at each size. */
export const GROWTH_ROWS: Record<string, RequestOf> = {
  'contacts, page 1': ofContacts(() => ''),
  'contacts, by a cursor': ofContacts((world, n) => cursor(anyOf(world, n))),
  'contacts, a search for an email': ofContacts(
    (world, n) => `search=${SEEDED_CONTACT.email(anyOf(world, n))}`,
  ),
  'contacts, a search for a last name': ofContacts(
    (world, n) => `search=${SEEDED_CONTACT.lastName(anyOf(world, n))}`,
  ),
  'contacts, a search that all match': ofContacts(() => 'search=first'),
  'contacts, the same by a cursor': ofContacts(
    (world, n) => `search=first&${cursor(1, `First${anyOf(world, n) % 1000}`, anyOf(world, n))}`,
  ),
  'contacts, a domain': ofContacts(() => 'search=@seed.example'),
  'contacts, a status': ofContacts(() => 'status=unconfirmed'),
  'a contact': byCustomer((world, n) => ({ path: toContact(world, n) })),
  'a contact, impersonated': (world, n) => ({ path: toContact(world, n), headers: world.impersonated }),
  'a new contact': byCustomer((_, n) => ({
    path: '/contacts',
    method: 'POST',
    json: { email: `new-${n}@new.example`, first_name: 'New' },
    status: 201,
  })),
  'a contact changed': byCustomer((world, n) => ({
    path: toContact(world, n),
    method: 'PATCH',
    json: { phone: `+44 20 ${n}` },
  })),
  'a new member': byCustomer(({ listUid }, n) => ({
    path: `/lists/${listUid}/contacts`,
    method: 'POST',
    json: { email: `member-${n}@new.example` },
    status: 201,
  })),
  'members, page 1': ofMembers(() => ''),
  'members, by a cursor': ofMembers((world, n) => cursor(anyOf(world, n))),
  'members, a status': ofMembers((world, n) => `status=unconfirmed&${cursor(anyOf(world, n))}`),
  'the trail, page 1': ofTrail(() => ''),
  'the trail, by a cursor': ofTrail((world, n) => cursor(SEEDED.time(anyOf(world, n)), anyOf(world, n))),
  'the trail, a customer': ofTrail(({ customerUid }) => `customer_uid=${customerUid}`),
  'the trail, an admin': ofTrail((_, n) => `admin_id=${2 + (n % 30)}`),
  'the trail, an API key': ofTrail((_, n) => `api_key_id=${SEEDED.apiKey(n)}`),
  'the trail, an address': ofTrail((_, n) => `ip=${SEEDED.ip(n)}`),
  'the trail, a target': ofTrail((_, n) => `target=${SEEDED.target(n)}`),
  'the trail, a frequent stage': ofTrail(() => 'stage=completed'),
  'the trail, a frequent outcome': ofTrail(() => 'outcome=success'),
  'the trail, a time': ofTrail((world, n) => `to=${SEEDED.time(anyOf(world, n))}`),
  'the trail, what never meets': ofTrail(() => `ip=${SEEDED.ip(1)}&target=${SEEDED.target(2)}`),
  'the trail, an entry': (world, n) => ({
    path: `/admin/audit/${SEEDED.id(anyOf(world, n))}`,
    headers: world.staff,
  }),
  'the access log, page 1': byCustomer(() => ({ path: '/access_log' })),
  'the access log, by a cursor': byCustomer((world, n) => ({
    path: `/access_log?${cursor(anyOf(world, n))}`,
  })),
}
