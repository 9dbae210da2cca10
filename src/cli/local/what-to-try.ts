import { checksum } from './checksum.ts'
import type { DemoData } from './demo-data.ts'

/** Returns shell commands that show what the service does, with working credentials. */
export function whatToTry({ client, super_admin, admin_api_key, customers }: DemoData, url: string): string {
  const [customer] = customers
  if (!customer) throw new Error('demo data without a customer')
  const signed = (path: string, body: object) => signedPost(url + path, client, JSON.stringify(body))
  const session = `-H 'SWI-CID: ${client.id}' -H "Authorization: Bearer $TOKEN"`
  const actingFor = `-H 'X-ADMIN-API-KEY: ${admin_api_key}' -H 'X-CUSTOMER-ID: ${customer.uid}'`
  return `
# The console, in a browser: ${url}/console/
# Sign in as ${super_admin.email} with ${super_admin.password}

# Log in: the body is signed with the client's secret (SWI-CS). The session is kept in $TOKEN.
TOKEN=$(${signed('/admin/login', super_admin)} | sed 's/.*"auth_token":"\\([^"]*\\)".*/\\1/')

# Who am I?
curl -s ${url}/admin ${session}

# Make an admin API key. It is shown this once.
${signed('/admin/api_keys', { name: 'My key' })} -H "Authorization: Bearer $TOKEN"

# What the customer ${customer.name} sees of its lists, with its own key ...
curl -s ${url}/lists -H 'X-API-KEY: ${customer.api_key}'

# ... and what an admin sees who acts for it: the same bytes. -i shows X-Audit-Id, the id of the record of this call.
curl -si ${url}/lists ${actingFor}

# Make a list for the customer, and say why.
curl -si ${url}/lists ${actingFor} -H 'X-ADMIN-REASON: Ticket 4711' \\
  -H 'Content-Type: application/json' --data '{"name":"Made by support"}'

# Who did what for this customer? The newest entry comes first, about two seconds after the call.
curl -s '${url}/admin/audit?customer=${customer.uid}' ${session}

The same credentials for scripts: .wrangler/demo.json
`
}

function signedPost(url: string, client: DemoData['client'], body: string): string {
  return `curl -s ${url} -H 'SWI-CID: ${client.id}' -H 'SWI-CS: ${checksum(client.secret, body)}' \\
  -H 'Content-Type: application/json' --data '${body}'`
}
