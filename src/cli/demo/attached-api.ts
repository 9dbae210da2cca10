import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { DemoData } from '../local/demo-data.ts'
import { type Caller, type Outcome, type Step, takeStep } from './calls.ts'

const AUDIENCE = 'orders'

/** Returns the settings that attach an API which listens on this port of the machine. */
export const attachmentTo = (port: number) => ({
  CUSTOMER_API_URL: `http://127.0.0.1:${port}`,
  CUSTOMER_API_PATHS: '/v1/',
  CUSTOMER_API_AUDIENCE: AUDIENCE,
})

/**
 * Starts an API of orders that knows nothing of Steward but where its keys are. Every request needs an assertion, which
 * says whose orders it is about.
 */
export async function startOrdersApi(port: number, steward: string): Promise<{ stop: () => void }> {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', steward))
  const ordersOf = new Map<string, object[]>()
  const assertedBy = async ({ headers, method }: IncomingMessage): Promise<JWTPayload | undefined> => {
    const token = `${headers['steward-assertion']}`
    const expected = { issuer: steward, audience: AUDIENCE, typ: 'steward+jwt', algorithms: ['EdDSA'] }
    const { payload } = await jwtVerify(token, keys, expected)
    return payload.htm === method ? payload : undefined
  }
  const server = createServer(async (request, response) => {
    const asserted = await assertedBy(request).catch(() => undefined)
    if (asserted?.sub === undefined) return response.writeHead(401).end('{}')
    const orders = ordersOf.get(asserted.sub) ?? []
    ordersOf.set(asserted.sub, orders)
    if (request.method === 'GET') return response.end(JSON.stringify({ orders }))
    let body = ''
    for await (const chunk of request) body += chunk
    orders.push(JSON.parse(body))
    return response.writeHead(201).end(JSON.stringify({ by: asserted.act }))
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { stop: () => server.close().closeAllConnections() }
}

/** Acts for a customer on the attached API, and lets others see that it is the customer's. */
export async function actOnAttachedApi(
  url: string,
  { customers, admin_api_key }: DemoData,
): Promise<Outcome[]> {
  const [customer, other] = customers
  if (!customer || !other) throw new Error('the demo needs two customers')
  const admin: Caller = {
    name: `admin for ${customer.name}`,
    headers: {
      'X-ADMIN-API-KEY': admin_api_key,
      'X-CUSTOMER-ID': customer.uid,
      'X-ADMIN-REASON': 'Ticket 4712',
    },
  }
  const own = ({ name, api_key }: typeof customer): Caller => ({ name, headers: { 'X-API-KEY': api_key } })
  const order = { item: 'tea' }
  const steps: Step[] = [
    {
      what: 'orders, on the attached API',
      caller: admin,
      call: 'POST /v1/orders',
      body: order,
      expect: 201,
      records: ['received', 'completed'],
    },
    {
      what: 'reads the orders there',
      caller: admin,
      call: 'GET /v1/orders',
      expect: 200,
      records: ['completed'],
    },
    { what: 'sees its order', caller: own(customer), call: 'GET /v1/orders', expect: 200, records: [] },
    { what: 'sees none of it', caller: own(other), call: 'GET /v1/orders', expect: 200, records: [] },
  ]
  const outcomes: Outcome[] = []
  for (const step of steps) outcomes.push(await takeStep(url, step))
  const [, read, mine, theirs] = outcomes.map(({ text }) => JSON.parse(text).orders)
  const isRight = [read, mine].every((orders) => JSON.stringify(orders) === JSON.stringify([order]))
  if (!isRight || theirs.length > 0) throw new Error('The attached API mixed the customers up.')
  return outcomes
}
