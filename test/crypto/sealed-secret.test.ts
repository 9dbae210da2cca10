import { expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/base/encoding.ts'
import { SealingKeys } from '../../src/crypto/sealed-secret.ts'

/** The bytes 0 to 31. */
const OLD = 'k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
const NEW = `k2:${'A'.repeat(43)}`

/** `swi-test-secret` for `client_1`, by AES-256-GCM of node:crypto, with the nonce 000102030405060708090a0b. */
const SEALED = 'k1.AAECAwQFBgcICQoL.NHW_NrGAsW-gMvLow4wMG5Lycbpn33PbLI2Ih84Wxw'

test('what another implementation sealed opens', async () => {
  expect(await new SealingKeys(OLD).open(SEALED, 'client_1')).toBe('swi-test-secret')
})

test.each(
  ['', 'swi-test-secret', 'é😀', 'x'.repeat(10_000)].map((secret) => ({ secret, length: secret.length })),
)('a secret of $length characters opens as it was sealed, which is never twice alike', async ({ secret }) => {
  const keys = new SealingKeys(OLD)
  const [one, other] = [await keys.seal(secret, 'client_1'), await keys.seal(secret, 'client_1')]
  expect([await keys.open(one, 'client_1'), await keys.open(other, 'client_1')]).toEqual([secret, secret])
  expect(one).not.toBe(other)
  expect(one.split('.')[1]).not.toBe(other.split('.')[1])
  expect(fromBase64Url(one.split('.')[1] ?? '')).toHaveLength(12)
})

test('the newest key seals, and all of them open', async () => {
  const rotated = new SealingKeys(`${NEW},${OLD}`)
  expect(await rotated.seal('x', 'client_1')).toMatch(/^k2\./)
  expect(await rotated.open(SEALED, 'client_1')).toBe('swi-test-secret')
})

/** The sealed text with one bit of its nonce or its ciphertext turned. */
function turned(part: 1 | 2): string {
  const parts = SEALED.split('.')
  const bytes = fromBase64Url(parts[part] ?? '') ?? new Uint8Array()
  bytes[0] = (bytes[0] ?? 0) ^ 1
  parts[part] = toBase64Url(bytes)
  return parts.join('.')
}

test.each([
  { name: 'for another owner', owner: 'client_2' },
  { name: 'for nobody', owner: '' },
  { name: 'with another nonce', sealed: turned(1) },
  { name: 'with another ciphertext', sealed: turned(2) },
  { name: 'cut short', sealed: SEALED.slice(0, -4) },
  { name: 'without a ciphertext', sealed: 'k1.AAECAwQFBgcICQoL' },
  { name: 'with nothing in it', sealed: '' },
  { name: 'with a key that is gone', keys: NEW },
  { name: 'with another key of the same name', keys: NEW.replace('k2', 'k1') },
])('a secret sealed $name does not open', async ({ sealed = SEALED, owner = 'client_1', keys = OLD }) => {
  await expect(new SealingKeys(keys).open(sealed, owner)).rejects.toThrow()
})
