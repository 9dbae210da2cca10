import { describe, expect, test } from 'vitest'
import { authenticationResponse, registrationResponse } from '../../../../src/auth/factors/passkeys/json.ts'

const registered = (members: object = {}, response: object = {}) => ({
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA', ...response },
  ...members,
})

const authenticated = (members: object = {}, response: object = {}) => ({
  ...registered(members),
  response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA', ...response },
})

const text = (length: number) => 'A'.repeat(length)

describe('a credential is bounded before it is looked at', () => {
  const BOUNDS = [
    { name: 'id', max: 1364, make: (value: string) => registered({ id: value }) },
    { name: 'rawId', max: 1364, make: (value: string) => registered({ rawId: value }) },
    { name: 'clientDataJSON', max: 2731, make: (value: string) => registered({}, { clientDataJSON: value }) },
    {
      name: 'attestationObject',
      max: 5120,
      make: (value: string) => registered({}, { attestationObject: value }),
    },
  ]

  test.each(BOUNDS)('$name of one that is made', ({ max, make }) => {
    expect(registrationResponse().safeParse(make(text(max))).success).toBe(true)
    expect(registrationResponse().safeParse(make(text(max + 1))).success).toBe(false)
  })

  const BOUNDS_OF_USE = ['authenticatorData', 'signature', 'userHandle'].map((name, at) => ({
    name,
    max: [4096, 683, 86][at] ?? 0,
  }))

  test.each(BOUNDS_OF_USE)('$name of one that is used', ({ name, max }) => {
    const accepts = (length: number) =>
      authenticationResponse().safeParse(authenticated({}, { [name]: text(length) })).success
    expect([accepts(max), accepts(max + 1)]).toEqual([true, false])
  })
})

describe('a credential is refused', () => {
  const WRONG = [
    { name: 'of another type', sent: registered({ type: 'password' }) },
    { name: 'without an id', sent: registered({ id: '' }) },
    { name: 'with an id that is no base64url', sent: registered({ id: 'AA+/' }) },
    { name: 'with padding', sent: registered({ id: 'AA==' }) },
    { name: 'with a line end', sent: registered({ id: 'AAAA\n' }) },
    { name: 'with an id that is no text', sent: registered({ id: 1 }) },
    { name: 'without client data', sent: registered({}, { clientDataJSON: undefined }) },
    { name: 'with too many transports', sent: registered({}, { transports: Array(11).fill('usb') }) },
    { name: 'with a transport that is none', sent: registered({}, { transports: ['<b>'] }) },
  ]

  test.each(WRONG)('$name', ({ sent }) => {
    expect(registrationResponse().safeParse(sent).success).toBe(false)
    expect(registrationResponse().safeParse(registered()).success).toBe(true)
  })
})

test('what a browser adds is passed over', () => {
  const sent = registered({ clientExtensionResults: {}, later: 1 }, { publicKeyAlgorithm: -7, later: 1 })
  expect(registrationResponse().parse(sent)).toEqual(registered({}, { transports: [] }))
})
