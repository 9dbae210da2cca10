import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { DemoData } from '../local/demo-data.ts'
import { actingFor, customerItself, NOTHING, READ, type Story, WRITE } from './calls.ts'

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

/** Runs the third act: somebody acts for a customer on the attached API, and others see that it is the customer's. */
export async function actOnAttachedApi(
  { take }: Story,
  { customers, admin_api_key }: DemoData,
): Promise<void> {
  const [customer, other] = customers
  if (!customer || !other) throw new Error('the demo needs two customers')
  const admin = actingFor(customer, admin_api_key)
  const order = { item: 'tea' }
  await take({
    what: 'orders, on the attached API',
    caller: admin,
    call: 'POST /v1/orders',
    body: order,
    expect: 201,
    records: WRITE,
  })
  const read = { call: 'GET /v1/orders', expect: 200 } as const
  const shown = [
    await take({ ...read, what: 'reads the orders there', caller: admin, records: READ }),
    await take({ ...read, what: 'sees its order', caller: customerItself(customer), records: NOTHING }),
  ]
  const others = await take({
    ...read,
    what: 'sees none of it',
    caller: customerItself(other),
    records: NOTHING,
  })
  const isRight = shown.every(({ orders }) => isDeepStrictEqual(orders, [order]))
  if (!isRight || others.orders.length > 0) throw new Error('The attached API mixed the customers up.')
}
