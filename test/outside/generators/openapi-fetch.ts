import createClient from 'openapi-fetch'
import { given, report, signatureOf } from './common.ts'
import type { paths } from './made/openapi-typescript.ts'

const customer = createClient<paths>({ baseUrl: given.url, headers: { 'X-API-KEY': given.customerKey } })
const lists = await customer.GET('/lists', { params: { query: { per_page: 1 } } })
const created = await customer.POST('/contacts', { body: { email: 'by.openapi-fetch@example.com' } })
const refused = await customer.POST('/contacts', { body: { email: 'nobody' } })
if (refused.response.status !== 422 || !refused.error || !('errors' in refused.error))
  throw new Error('not 422')

// @ts-expect-error
void lists.data?.lists[0]?.nmae

let token = ''
const staff = createClient<paths>({ baseUrl: given.url, headers: { 'SWI-CID': given.clientId } })
staff.use({
  async onRequest({ request }) {
    if (token) request.headers.set('Authorization', `Bearer ${token}`)
    request.headers.set('SWI-CS', await signatureOf(await request.clone().arrayBuffer()))
    return request
  },
})
const login = await staff.POST('/admin/login', { body: given.login })
token = login.data?.data.auth_token ?? ''
const admin = await staff.GET('/admin/{id}', { params: { path: { id: 1 } } })
const admins = await staff.GET('/admin/list', { params: { query: { page: 1, per_page: 5 } } })

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
