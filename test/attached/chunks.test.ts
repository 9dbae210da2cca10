import { expect, test } from 'vitest'
import { chunksOf } from '../../src/attached/chunks.ts'

test.each([{ bytes: 1 }, { bytes: 100 }, { bytes: 4096 }, { bytes: 5000 }])(
  'pieces of $bytes bytes keep no more memory than they fill, and are what was sent',
  async ({ bytes }) => {
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    const chunks = chunksOf(readable)
    const got: number[] = []
    for (const byte of [1, 2, 3]) {
      const written = writer.write(new Uint8Array(bytes).fill(byte))
      for (let left = bytes; left > 0; ) {
        const { value } = await chunks.read()
        if (!value) throw new Error('an end before the end')
        expect.soft(value.buffer.byteLength).toBe(value.length)
        got.push(...value)
        left -= value.length
      }
      await written
    }
    expect(got).toEqual([1, 2, 3].flatMap((byte) => Array<number>(bytes).fill(byte)))
    const [, end] = await Promise.all([writer.close(), chunks.read()])
    expect(end).toEqual({ done: true, value: undefined })
  },
)
