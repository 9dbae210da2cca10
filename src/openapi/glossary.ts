import type { Json } from './components.ts'

/**
 * Descriptions of members of bodies and query parameters by name, written once rather than in each schema. A schema's
 * own description wins. A name with another meaning in one place has a second entry, under the path or the component.
 */
const MEANINGS: Record<string, string> = {
  // Every thing
  id: 'The id of the thing, as its paths have it.',
  uid: 'The uid of the thing: 13 letters and digits that nobody can guess.',
  name: 'What people call it: 1 to 255 characters beside white space at its ends, kept as sent; 1,000 in all.',
  description: 'What people say of it; null: nothing.',
  created_at: 'When it was made.',
  updated_at: 'When it was changed last.',
  data: 'What was asked for, made or changed, as its own GET shows it; null where nothing is left.',
  key: 'The key in clear. It is in this answer and nowhere else.',
  key_hint: 'How the key begins, to tell it from others by.',
  revoked_at: 'When it was revoked; null: it was not.',
  expires_at: 'When it ends by itself; null: never.',
  grace_seconds: 'For how many seconds what is replaced goes on working.',
  disabled: 'Whether it is refused until it is enabled again.',
  errors: 'What is wrong with each member that is invalid.',
  // People
  email: 'An email address, compared without regard to case and kept as sent.',
  first_name: 'The first name.',
  last_name: 'The last name.',
  phone: 'A phone number as text; null: none is known.',
  timezone: 'An IANA time zone.',
  group: 'A group of your own that it belongs to; null: none.',
  company: 'The company behind it; null: none is known.',
  address: 'Street and number; null: not known.',
  city: 'The city; null: not known.',
  state: 'The state or province; null: not known.',
  zip: 'The postal code; null: not known.',
  country: 'The country; null: not known.',
  website: 'The address of the website; null: none is known.',
  // Staff
  role: 'What the account may do.',
  admin: 'The account of who logged in.',
  locked: 'Whether failed logins lock it at this moment.',
  has_changed_password: 'Whether its owner chose the password; until then nothing else can be done.',
  password_expired: 'Whether the password that was mailed is too old to do anything but change it.',
  last_login_at: 'When somebody logged in to it last; null: never.',
  auth_token:
    'The session, for `Authorization: Bearer`; absent where a browser logged in, whose cookie has it.',
  password: 'The password.',
  second_factors: 'What logging in takes beside the password; empty: nothing.',
  login_token: 'What the second step of the login goes on with: good for one login, for 5 minutes.',
  methods: 'The second factors that will do.',
  passkey_options: 'What a passkey has to sign, where the account has one.',
  totp: 'A code of the authenticator app: 6 digits.',
  recovery_code: 'A recovery code.',
  recovery_codes: 'The recovery codes in clear. They are in this answer and nowhere else.',
  otpauth_url: 'What the QR code of the app says, the secret included.',
  transports: 'How the authenticator can be reached, as far as it is known.',
  backed_up: 'Whether the passkey is kept elsewhere too, in an account of its vendor.',
  userHandle: 'Whose passkey it is, in base64url.',
  current_password: 'The password until now.',
  password_confirmation: 'The new password once more.',
  current: 'Whether it is the session that this call is made with.',
  last_seen_at: 'When it was used last, to the minute.',
  token: 'The token of the mailed link.',
  // Keys and clients
  scopes: 'What the key may do, as far as the role of its owner covers it.',
  customers: 'The uids of the customers that the key may act for; null: all.',
  ip_allow: 'The address ranges (CIDR) that the key may be used from; empty: all.',
  ip_deny: 'The address ranges (CIDR) that the key may not be used from, whatever `ip_allow` has.',
  require_reason: 'Whether each call with the key needs `X-ADMIN-REASON`.',
  last_used_at: 'When the key was used last, to the minute; null: never.',
  made_by: 'Who made the key: the customer, or staff under the pseudonym of the access log.',
  staff: 'The pseudonym of the member of staff, as in the access log.',
  secret: 'The secret in clear. It is in this answer and nowhere else.',
  require_bound_signatures: 'Whether each call has to be signed with its time, method and path.',
  previous_secret_expires_at: 'Until when the secret before the last rotation verifies; null: it does not.',
  // Customers
  customer_uid: 'The uid of the customer.',
  status: 'In which state it is.',
  purge_at: 'When all that it has is deleted; null: it stays.',
  // Access grants
  ticket: 'The ticket that it is about; null: none was named.',
  break_glass: 'Whether it is an emergency, in which nobody else has a say.',
  ended_by: 'Who ended it, or withdrew it; null: nobody did.',
  by: 'Which of these it was.',
  decisions: 'What was decided, in the order in which it was.',
  at: 'When it was done; null: it was not.',
  stopped: 'Whether every request on behalf of a customer is refused.',
  stopped_at: 'When it was stopped; null: it is not.',
  // Requests to disable or enable a customer
  user_id: 'The uid of the customer.',
  user: 'The customer that it is about.',
  super_admin_comment: 'What the super_admin said who decided; null: nobody has.',
  created_by: 'The admin who asked.',
  decided_at: 'When it was decided; null: it was not.',
  comment: 'Why it is decided so: 1 to 500 characters.',
  // Access of support
  policy:
    'Whom of staff the customer lets act for it: `open`: anyone; `notify`: anyone, and it is mailed; `ask`: whom it approves; `closed`: nobody but in an emergency.',
  mode: 'Whether it is access to read, or to read and change.',
  duration_seconds: 'For how many seconds access is asked for.',
  requested_at: 'When access was asked for.',
  lapses_at: 'Until when the request can be decided.',
  decision: 'What was decided.',
  began_at: 'When access began; null: it has not.',
  ended_at: 'When access was ended before its time.',
  access_request: 'The request that was decided.',
  access_grant: 'The access that was ended.',
  support_access: 'The policy of the customer.',
  choice: 'Which button was pressed.',
  // Lists and contacts
  list: 'The list.',
  contact: 'The contact.',
  contacts: 'The contacts.',
  contact_uid: 'The uid of a contact that is there already; goes without `email`.',
  contacts_count: 'How many contacts are in it.',
  fields: 'Attributes of your own: a JSON object of at most 100 keys and 16 KiB.',
  api_key: 'The API key.',
  account: 'The account.',
  created: 'How many rows made a contact, or put one into the list.',
  updated: 'How many rows changed what was there.',
  invalid: 'How many rows were left out for what is wrong with them.',
  results: 'What came of each row, in their order.',
  row: 'The number of the row, from 1 on.',
  result: 'What came of it.',
  // The trail
  seq: 'The number of the entry, from 1 on and without a gap.',
  v: 'The version of the entry.',
  stage: '`received`: about to run; `completed`: over; `checkpoint`: older entries were pruned.',
  time: 'When it happened.',
  actor_type: 'Who acted: an admin, nobody who is known, or the service itself.',
  admin_id: 'The id of the admin who acted; null: nobody is known.',
  api_key_id: 'The id of the API key that was used; null: a session.',
  target_type: 'What kind of thing it is about, or made; null: none.',
  target_id: 'Which one it is about, or made; null: none.',
  changes:
    'What it changed: each member with its value before and after. Secrets and personal data show as changed only.',
  replayed: 'Whether the answer was that of an earlier request with the same `Idempotency-Key`.',
  method: 'The method of the request.',
  route: 'The pattern of the path; null: there is no such path.',
  path: 'The path, and the names of the query parameters without their values.',
  request_id: 'The id of the request, as in `X-Request-Id`.',
  ip: 'The address that the request came from.',
  colo: 'The Cloudflare location that answered.',
  user_agent: 'The `User-Agent` of the request.',
  reason: 'Why, from `X-ADMIN-REASON` or the access grant; null: it was not said.',
  outcome:
    'How the act ended: `pending` for a minute after it began, then `unknown` if no more was heard of it.',
  duration_ms: 'How many milliseconds it took; null: it has not ended.',
  rows: 'How many rows of a streamed answer left; null: it was none.',
  pruned_to_seq: 'Of a checkpoint: the last entry that was pruned.',
  pruned_to_hash: 'Of a checkpoint: the hash of that entry.',
  prev_hash: 'The hash of the entry before; 64 zeros in the first.',
  hash: 'SHA-256, as hex, of `prev_hash` and the bytes of the entry.',
  attempts: 'How often it was delivered.',
  sent_at: 'When it was sent.',
  received_at: 'When it was kept.',
  replayed_at: 'When it was sent to the queue again; null: it was not, or came back.',
  // Operations
  checks: 'What each part answered.',
  d1: 'The database.',
  kv: 'The key-value store.',
  queue: 'The queue of audit records.',
  keys: 'The keys.',
  kid: 'The id of the key, which what it signs names.',
  x: 'The public key, base64url (RFC 8037).',
  // Query parameters
  search: 'How a name or an email begins, in any case; or `@` and a whole domain.',
  search_query: 'How the email begins, in any case.',
  page: 'Which page; the first unless asked for. Not with `cursor`.',
  per_page: 'How many things a page holds.',
  customer: 'The same as `customer_uid`.',
  from: 'From when on: a time, or a date, which begins at midnight UTC.',
  to: 'Up to when: a time, or a date, which begins at midnight UTC.',
  target: 'The id of the thing that it is about.',
  after_seq: 'The number of the entry before the first.',
  format: 'What the file is written in.',
  unknown_columns:
    'What becomes of a CSV column that is not known: refused, passed over, or kept as a member of `fields`.',

  // Where a name means something else
  '/admin/api_keys#admin_id': 'The owner of the keys; a super_admin may name any.',
  '/admin/login#password': 'The password of the account.',
  '/admin/update_password#password': 'The new password: 15 to 128 characters of any kind.',
  '/health/ready#keys': 'The keys that seal and sign.',
  '/health/ready#status': 'Whether all parts can be used.',
  '/.well-known/steward-audit-keys.json#keys': 'The public keys, the newest first.',
  '/.well-known/jwks.json#keys': 'The public keys; the first signs.',
  '/lists#search': 'How the name begins; ASCII letters in any case.',
  '/contacts#search': 'How a name or an email begins, ASCII letters in any case; or `@` and a whole domain.',
  '/contacts#status': 'Only contacts that have this status in at least one list.',
  '/lists/{uid}/contacts#status': 'Only contacts that have this status in the list.',
  '/lists/{uid}/contacts#email': 'Only the contact with this whole email address, in any case.',
  '/lists/{uid}/contacts/{contact_uid}#status': 'The status of the contact in this list.',
  '/contacts/bulk#uid': 'The uid of the contact.',
  '/lists/{uid}/contacts/bulk#uid': 'The uid of the contact.',
  '/contacts#email': 'An email address. No two contacts have the same, in whatever case.',
  'Position#page': 'The number of this page.',
  'Position#per_page': 'How many things a page holds.',
  'Position#total_pages': 'How many pages there are; null where they are not counted.',
  'SearchedPosition#page': 'The number of this page.',
  'SearchedPosition#per_page': 'How many things a page holds.',
  'Session#expires_at': 'When the session ends, however much it is used.',
  'LiveSession#expires_at': 'When the session ends, however much it is used.',
  'DeadLetter#reason': 'What is wrong with the message: the places in it, and nothing of what stands there.',
  'AccessRequest#reason': 'Why access is asked for.',
  'DecidedAccessRequest#reason': 'Why access was asked for.',
  'DecidedAccessRequest#expires_at': 'When access ends by itself; null: it has not begun.',
  'CurrentAccessGrant#reason': 'Why access was asked for.',
  'CurrentAccessGrant#expires_at': 'When access ends by itself.',
  'EndedAccessGrant#reason': 'Why access was asked for.',
  'EndedAccessGrant#expires_at': 'When access would have ended by itself.',
  'Impersonation#reason': 'Why it was stopped; null: it is not.',
  '/admin/access_grants#reason': 'Why access is asked for: 1 to 500 characters.',
  '/admin/access_grants#admin_id': 'Only the grants of this admin.',
  '/admin/access_grants#customer_uid': 'The customer that it is about.',
  '/admin/impersonation/stop#reason': 'Why it is stopped: 1 to 500 characters.',
  'AccountRequest#reason': 'Why the account is to be changed.',
  '/admin/disable_requests#reason': 'Why the account is to be disabled: 1 to 500 characters.',
  '/admin/enable_requests/{id}#reason': 'Why the account is to be enabled: 1 to 500 characters.',
  '/admin/enable_requests/{id}#user_id': 'The uid of the customer, as in the path, if it is sent at all.',
  'Account#name': 'The name of the company; null: not known.',
  'AccessLogEntry#role': 'The role of the admin at that moment.',
  'AccessLogEntry#admin': 'Who acted, under a pseudonym.',
  'AccessLogEntry#status': 'The status of the answer; null: it has not ended.',
  'Member#status': 'The status of the contact in this list.',
}

/** Descriptions of names that have a single possible value. */
const CONSTANTS: Record<string, string> = {
  message: 'What came of it, for people.',
  status: 'That it was done.',
  result: 'What came of it.',
  type: 'Which of these it is.',
  openapi: 'The version of OpenAPI.',
  kty: 'The type of the key (RFC 8037).',
  alg: 'The algorithm of its signatures (RFC 8037).',
  use: 'What the key is for: signatures.',
  crv: 'The curve (RFC 8037).',
}

const meaningOf = (part: string, name: string) => MEANINGS[`${part}#${name}`] ?? MEANINGS[name]

/**
 * Returns a part of the document, which is a path or a named component, with the description of its name for each
 * member and parameter that has none. References are left alone.
 */
export function explained<Part>(part: string, value: Part): Part {
  if (Array.isArray(value)) return value.map((item: unknown) => explained(part, item)) as Part
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]: [string, unknown]) => {
    if (['example', 'examples', 'default'].includes(key)) return [key, member]
    return [key, key === 'properties' ? explainedMembers(part, member as Json) : explained(part, member)]
  })
  const same = Object.fromEntries(members) as Json
  return (same.in === 'query' ? withMeaning(part, `${same.name}`, same) : same) as Part
}

const explainedMembers = (part: string, properties: Json) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      withMeaning(part, name, explained(part, schema) as Json),
    ]),
  )

function withMeaning(part: string, name: string, schema: Json): Json {
  if (schema.$ref !== undefined || schema.description) return schema
  const description = schema.const === undefined ? meaningOf(part, name) : CONSTANTS[name]
  return description === undefined ? schema : { ...schema, description }
}
