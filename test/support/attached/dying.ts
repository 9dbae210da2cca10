import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/**
 * Starts an API that takes one call, answers it with these bytes and is gone: nothing listens there any more. Returns
 * where it is.
 */
export async function dyingApi(answer: string): Promise<string> {
  const server = createServer((socket) => {
    socket
      .on('error', () => socket.destroy())
      .once('data', () => {
        server.close()
        setImmediate(() => socket.end(answer, 'latin1'))
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
