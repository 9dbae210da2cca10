import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Returns `wanted`, or any free port. @throws Error if `wanted` is taken */
export async function freePort(wanted = 0): Promise<number> {
  if (!(wanted >= 0 && wanted < 65_536)) throw new Error('The port is no number from 0 to 65535')
  const server = createServer().listen(wanted, '127.0.0.1')
  await once(server, 'listening').catch((cause) => {
    throw new Error(`Port ${wanted} cannot be used (${cause.code}). Try PORT=${wanted + 1} npm start`)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
