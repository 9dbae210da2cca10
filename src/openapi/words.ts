import { INTRODUCTION } from './introduction.ts'

export const INFO = {
  title: 'Steward',
  version: '1.0.0',
  summary:
    'The admin plane of a multi-tenant API: staff accounts, admin API keys, and audited action for customers.',
  description: INTRODUCTION,
  contact: { name: 'The people who run this deployment' },
  license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
}

/** The parts of the service by the paths they have; the longest prefix that fits names a route's part. */
const PARTS: readonly [prefix: string, name: string, description: string][] = [
  ['/', 'Operations', 'Whether the service is well, and what it offers.'],
  ['/lists', 'Lists', 'The mailing lists of a customer and who is on them.'],
  ['/contacts', 'Contacts', 'The people a customer writes to.'],
  [
    '/account',
    'Account',
    'The customer itself: its account, its API keys, and what staff did on its behalf.',
  ],
  ['/api_keys', 'Account', ''],
  ['/access_log', 'Account', ''],
  ['/admin', 'Admins', 'Staff accounts, their passwords and sessions.'],
  ['/admin/api_keys', 'Admin API keys', 'Keys with which the scripts of an admin act for customers.'],
  ['/admin/clients', 'Clients', 'Registered callers of the admin surface, who sign what they send.'],
  ['/admin/customers', 'Customers', 'The customers, as staff manage them.'],
  ['/admin/audit', 'Audit', 'The trail of all that was done.'],
]

export const TAGS = PARTS.filter(([, , description]) => description !== '')
  .map(([, name, description]) => ({ name, description }))
  .sort((a, b) => (a.name < b.name ? -1 : 1))

/** The part of the service that a path belongs to. */
export function tagOf(path: string): string {
  const fits = PARTS.filter(([prefix]) => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`))
  return fits.sort(([a], [b]) => b.length - a.length)[0]?.[1] ?? 'Operations'
}

interface PathParameterWords {
  description?: string
  examples?: string[]
}

/** What stands in a path, by where and how it is called; the longest prefix that has the name says it. */
const PATH_PARAMETERS: readonly [prefix: string, name: string, words: PathParameterWords][] = [
  ['/admin', 'id', { description: 'The id of a staff account.' }],
  [
    '/admin/api_keys',
    'id',
    { description: 'The id of an admin API key.', examples: ['key_4fJq0ZkPz7Xn2wB9sVtYcD'] },
  ],
  ['/admin/sessions', 'id', { description: 'The id of a session of the own.' }],
  ['/admin/clients', 'id', { description: 'The id of a client.' }],
  ['/admin/customers', 'uid', { description: 'The uid of a customer.', examples: ['xj35478ymfe15'] }],
  [
    '/admin/audit',
    'id',
    {
      description: 'The id of an act on record, as `X-Audit-Id` gives it.',
      examples: ['aud_4fJq0ZkPz7Xn2wB9sVtYcD'],
    },
  ],
  ['/admin/audit/dead_letters', 'id', { description: 'The id of a dead letter.' }],
  ['/lists', 'uid', { description: 'The uid of a list.', examples: ['xj35478ymfe15'] }],
  [
    '/lists',
    'contact_uid',
    { description: 'The uid of a contact in the list.', examples: ['xj35478ymfe15'] },
  ],
  ['/contacts', 'uid', { description: 'The uid of a contact.', examples: ['xj35478ymfe15'] }],
  ['/api_keys', 'id', { description: 'The id of a key of the own.' }],
]

/** What the document says of a parameter in a path beside its form. */
export function pathParameterWords(path: string, name: string): PathParameterWords {
  const fits = PATH_PARAMETERS.filter(([prefix, ofName]) => ofName === name && path.startsWith(`${prefix}/`))
  return fits.sort(([a], [b]) => b.length - a.length)[0]?.[2] ?? {}
}
