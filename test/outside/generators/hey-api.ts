import { given, report, signatureOf } from './common.ts'
import { createClient, createConfig } from './made/hey-api/client'
import { createContact, getAdmin, listAdmins, listLists, login } from './made/hey-api/index.ts'

const customer = createClient(
  createConfig({
    baseUrl: given.url,
    auth: ({ name }) => (name === 'X-API-KEY' ? given.customerKey : undefined),
  }),
)
const lists = await listLists({ client: customer, query: { per_page: 1 } })
const created = await createContact({ client: customer, body: { email: 'by.hey-api@example.com' } })
const refused = await createContact({ client: customer, body: { email: 'nobody' } })
if (refused.response?.status !== 422 || !refused.error) throw new Error('not 422')

// @ts-expect-error
void lists.data?.lists[0]?.nmae

let token = ''
const staff = createClient(
  createConfig({
    baseUrl: given.url,
    auth: ({ scheme }) => (scheme === 'bearer' ? token : given.clientId),
  }),
)
staff.interceptors.request.use(async (request) => {
  request.headers.set('SWI-CS', await signatureOf(await request.clone().arrayBuffer()))
  return request
})
const loggedIn = await login({ client: staff, body: given.login })
token = loggedIn.data?.data.auth_token ?? ''
const admin = await getAdmin({ client: staff, path: { id: 1 } })
const admins = await listAdmins({ client: staff, query: { page: 1, per_page: 5 } })

report({
  lists: lists.data?.lists.map(({ name }) => name) ?? [],
  created: created.data?.contact.uid ?? '',
  refused: {
    code: refused.error.code as 'invalid' | 'idempotency_key_reused',
    email: refused.error.errors?.email,
  },
  admin: admin.data?.data.email ?? '',
  admins: admins.data?.meta.per_page ?? 0,
})
