import { makeAdmin, makeClient, makeSession } from '../factories.ts'
import type { CallerKind } from './fuzz-requests.ts'
import { checksum, customerWithCallers, signedCaller } from './http.ts'

/** One of everything, for requests to be about, and the headers of everyone who may call. */
export interface World {
  /** What exists for a parameter of a path. */
  parameter(path: string, name: string): string
  /** What a caller sends along with a body. */
  headers(caller: CallerKind, body: Uint8Array | undefined): Record<string, string>
}

/** Makes a new one beside what there is. */
export async function makeWorld(): Promise<World> {
  const { admin, adminKey, own, ...customer } = await customerWithCallers()
  const [client, other] = [await makeClient(), await makeAdmin('admin')]
  const token = await makeSession(admin.adminId)
  const sessions = await signedCaller(client, token)('/admin/sessions')
  const { list } = (await own('/lists', { body: { name: 'A list' } })).json
  const { contact } = (await own(`/lists/${list.uid}/contacts`, { body: { email: 'a@example.com' } })).json

  const parameters: [pathStart: string, name: string, value: string][] = [
    ['/admin/api_keys/', 'id', adminKey.id],
    ['/admin/clients/', 'id', client.id],
    ['/admin/sessions/', 'id', sessions.json.data[0].id],
    ['/admin/customers/', 'uid', customer.uid],
    ['/admin/', 'id', `${other.adminId}`],
    ['/lists/', 'uid', list.uid],
    ['/lists/', 'contact_uid', contact.uid],
    ['/contacts/', 'uid', contact.uid],
  ]
  const callers: Record<CallerKind, (body: Uint8Array | undefined) => Record<string, string>> = {
    nobody: () => ({}),
    staff: (body) => ({
      'SWI-CID': client.id,
      Authorization: `Bearer ${token}`,
      ...(body && { 'SWI-CS': checksum(client.secret, body) }),
    }),
    customer: () => ({ 'X-API-KEY': customer.key }),
    impersonator: () => ({ 'X-ADMIN-API-KEY': adminKey.key, 'X-CUSTOMER-ID': customer.uid }),
  }
  return {
    parameter: (path, name) =>
      parameters.find(([start, of]) => of === name && path.startsWith(start))?.[2] ?? 'unknown',
    headers: (caller, body) => callers[caller](body),
  }
}
