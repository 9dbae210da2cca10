/**
 * What the runtime says of what tests do on purpose: storage that is wiped, headers that are not ASCII, a stream that
 * is not read to its end. The plugin writes it straight to the streams of this process, and takes no handler for it.
 */
const NOISE = [
  /^exception = .* Application called deleteAllDurableObjects\(\)\./,
  /^uncaught exception; .* Application called deleteAllDurableObjects\(\)\./,
  /^A header value for "[^"]+" contains non-ASCII characters: /,
  /^console warning; message = Called \.text\(\) on an HTTP body which does not appear to be text\./,
  /^An RPC result was not disposed properly\./,
  // Of connections that fail, whoever handles it.
  /^exception = rust\/worker\/ffi\.rs:\d+: (disconnected|failed): /,
  /^(?:Socket proxy disconnected abruptly; )?e = rust\/worker\/ffi\.rs:\d+: failed: /,
  /^uncaught exception; .*(Network connection lost\.|internal error; reference = \w+)/,
]

/** The addresses that follow an exception, on a line of their own. */
const ADDRESSES = /^stack: (\S*workerd@[0-9a-f]+\s*)+$/

/** Keeps the runtime's noise from the terminal; all else goes through as it is. */
export function quietRuntime(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    let isNoise = false
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = String(chunk)
      isNoise = NOISE.some((pattern) => pattern.test(text)) || (isNoise && ADDRESSES.test(text))
      return isNoise ? true : write(chunk, ...(rest as []))
    }
  }
}
