import { BoundedCache } from '../base/bounded-cache.ts'
import { fromBase64Url } from '../base/encoding.ts'

const KEY_BYTES = 32

/** Keys by id, the newest first, which is the one in use. */
export type KeyList = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

/** The key lists of an isolate by their texts; there is one for each of a few secrets. */
const parsed = new BoundedCache<KeyList>(10)

/**
 * Parses the keys of a setting, once for an isolate: `<id>:<base64url of 32 bytes>,...`. A key is rotated by putting a new one in front.
 * @throws Error if the text holds no key, or a key of another size
 */
export function readKeyList(setting: string, text: string | undefined): KeyList {
  const known = parsed.get(text ?? '')
  if (known) return known
  const keys = (text ?? '').split(',').map((part) => {
    const [id = '', encoded = ''] = part.trim().split(':')
    const bytes = fromBase64Url(encoded)
    if (!/^\w+$/.test(id) || bytes?.length !== KEY_BYTES)
      throw new Error(`${setting} is not <id>:<${KEY_BYTES} bytes>,...`)
    return [id, bytes] as const
  })
  const list = new Map(keys)
  parsed.set(text ?? '', list)
  return list
}
