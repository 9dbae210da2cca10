/** A message of the inspector (https://chromedevtools.github.io/devtools-protocol/v8/). */
interface Message {
  id?: number
  method?: string
  params?: { chunk?: string }
  result?: { usedSize?: number }
  error?: { message: string }
}

/** Returns MiB of the isolate's heap that are in use, garbage collected first. */
export async function usedHeap(inspectorPort: number, worker: string): Promise<number> {
  using isolate = await Inspected.open(inspectorPort, worker)
  await isolate.ask('HeapProfiler.enable')
  await isolate.ask('HeapProfiler.collectGarbage')
  return ((await isolate.ask('Runtime.getHeapUsage')).usedSize ?? Number.NaN) / 2 ** 20
}

/** Returns a snapshot of the isolate's heap, as Chromium's developer tools load it from a file. */
export async function heapSnapshot(inspectorPort: number, worker: string): Promise<string> {
  using isolate = await Inspected.open(inspectorPort, worker)
  await isolate.ask('HeapProfiler.enable')
  await isolate.ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  return isolate.chunks.join('')
}

/** An isolate, by its inspector. */
class Inspected implements Disposable {
  /** Of a snapshot. */
  readonly chunks: string[] = []
  readonly #socket: WebSocket
  readonly #asked = new Map<number, PromiseWithResolvers<NonNullable<Message['result']>>>()

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))))
  }

  static async open(port: number, worker: string): Promise<Inspected> {
    const targets: { id: string; webSocketDebuggerUrl: string }[] = await (
      await fetch(`http://127.0.0.1:${port}/json`)
    ).json()
    const target = targets.find(({ id }) => id.endsWith(worker))
    if (!target) throw new Error(`no isolate ${worker} among ${targets.map(({ id }) => id)}`)
    const socket = new WebSocket(target.webSocketDebuggerUrl)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    return new Inspected(socket)
  }

  ask(method: string, params = {}): Promise<NonNullable<Message['result']>> {
    const id = this.#asked.size + 1
    const answer = Promise.withResolvers<NonNullable<Message['result']>>()
    this.#asked.set(id, answer)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return answer.promise
  }

  #receive({ id, method, params, result, error }: Message): void {
    if (method === 'HeapProfiler.addHeapSnapshotChunk') this.chunks.push(params?.chunk ?? '')
    if (id === undefined) return
    if (error) this.#asked.get(id)?.reject(new Error(error.message))
    else this.#asked.get(id)?.resolve(result ?? {})
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}
