import { Refusal } from '../api/refusal.ts'

/** Gives the person a file to keep. */
export function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Reads an answer to its end, and tells how many bytes came so far. @throws Refusal if it broke off: half of it is none */
export async function wholeBody(answer: Response, onBytes: (count: number) => void): Promise<Blob> {
  let count = 0
  const counted = answer.body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        count += chunk.length
        onBytes(count)
        controller.enqueue(chunk)
      },
    }),
  )
  return new Response(counted ?? null, { headers: answer.headers }).blob().catch(() => {
    throw new Refusal(0, { code: 'broken_off', message: 'The export broke off, and nothing was kept' })
  })
}

const SIZES = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })

/** Returns a number of bytes in words. */
export function inBytes(count: number): string {
  if (count < 1024) return `${count} bytes`
  return count < 1024 ** 2 ? `${SIZES.format(count / 1024)} KiB` : `${SIZES.format(count / 1024 ** 2)} MiB`
}
