const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz'
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Returns `length` characters of `alphabet`, each equally likely, from the platform's CSPRNG. */
export function randomString(alphabet: string, length: number): string {
  // Bytes past the last whole multiple of the alphabet's size are drawn again: a remainder would favour its start.
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

/** Returns a public identifier of a customer's resource: 13 characters `[a-z0-9]`, 67 bits, unguessable. */
export const randomUid = () => randomString(BASE36, 13)

/** Returns an internal identifier with a readable prefix, such as `aud_` and 22 base62 characters (131 bits). */
export const randomId = (prefix: string) => `${prefix}_${randomString(BASE62, 22)}`
