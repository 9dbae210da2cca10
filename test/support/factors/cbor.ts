import { utf8 } from '../../../src/base/encoding.ts'

export type Cbor =
  | number
  | string
  | boolean
  | Uint8Array<ArrayBuffer>
  | readonly Cbor[]
  | ReadonlyMap<Cbor, Cbor>

/** Encodes as CBOR (RFC 8949), by other means than the service's own decoder. */
export function cbor(value: Cbor): Uint8Array<ArrayBuffer> {
  if (typeof value === 'number') return value < 0 ? head(1, -value - 1) : head(0, value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xf5 : 0xf4)
  if (typeof value === 'string') return joined(head(3, utf8(value).length), utf8(value))
  if (value instanceof Uint8Array) return joined(head(2, value.length), value)
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<Cbor, Cbor>)]
    return joined(head(5, entries.length), ...entries.flat().map(cbor))
  }
  const items = value as readonly Cbor[]
  return joined(head(4, items.length), ...items.map(cbor))
}

function head(major: number, length: number): Uint8Array<ArrayBuffer> {
  if (length < 24) return Uint8Array.of((major << 5) | length)
  if (length < 256) return Uint8Array.of((major << 5) | 24, length)
  return Uint8Array.of((major << 5) | 25, length >> 8, length & 255)
}

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
