import type { Settings } from '../../../settings.ts'

/** Who asks for passkeys: WebAuthn Level 3, section 5.4.2. */
export interface RelyingParty {
  /** The host of `PUBLIC_URL`. */
  id: string
  /** `PUBLIC_URL`, the only origin that ceremonies may take place on. */
  origin: string
  /** What authenticators show. */
  name: string
}

export function relyingPartyOf({
  publicUrl,
  productName,
}: Pick<Settings, 'publicUrl' | 'productName'>): RelyingParty {
  const { hostname, origin } = new URL(publicUrl)
  return { id: hostname, origin, name: productName }
}
