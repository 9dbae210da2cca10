import { given, report, signatureOf } from './common.ts'
import { createContact, getAdmin, listAdmins, listLists, login } from './made/orval.ts'

const asCustomer = { headers: { 'X-API-KEY': given.customerKey } }
const lists = await listLists({ per_page: 1 }, asCustomer)
const created = await createContact({ email: 'by.orval@example.com' }, asCustomer)
const refused = await createContact({ email: 'nobody' }, asCustomer)
if (lists.status !== 200 || created.status !== 201 || refused.status !== 422)
  throw new Error('not as expected')

// @ts-expect-error
void lists.data.lists[0]?.nmae

const signed = async (body: string, token?: string) => ({
  headers: {
    'SWI-CID': given.clientId,
    'SWI-CS': await signatureOf(body),
    ...(token && { Authorization: `Bearer ${token}` }),
  },
})
const loggedIn = await login(given.login, await signed(JSON.stringify(given.login)))
if (loggedIn.status !== 200) throw new Error('no login')
const asStaff = await signed('', loggedIn.data.data.auth_token)
const admin = await getAdmin(1, asStaff)
const admins = await listAdmins({ page: 1, per_page: 5 }, asStaff)
if (admin.status !== 200 || admins.status !== 200) throw new Error('not as expected')

report({
  lists: lists.data.lists.map(({ name }) => name),
  created: created.data.contact.uid,
  refused: { code: refused.data.code, email: refused.data.errors?.email },
  admin: admin.data.data.email,
  admins: admins.data.meta.per_page,
})
