/** What the programs are given, and what each has to print at its end. */
const { URL_OF_SERVICE, CUSTOMER_KEY, CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD } = process.env as Record<
  string,
  string
>
export const given = {
  url: URL_OF_SERVICE ?? '',
  customerKey: CUSTOMER_KEY ?? '',
  clientId: CLIENT_ID ?? '',
  login: { email: EMAIL ?? '', password: PASSWORD ?? '' },
}

/** `SWI-CS` of a body. */
export async function signatureOf(body: string | ArrayBuffer): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(CLIENT_SECRET), algorithm, false, ['sign'])
  const bytes = typeof body === 'string' ? encoder.encode(body) : new Uint8Array(body)
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes))
  return Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export interface Results {
  lists: string[]
  created: string
  refused: { code: 'invalid' | 'idempotency_key_reused'; email: string[] | undefined }
  admin: string
  admins: number
}

export const report = (results: Results) => console.log(JSON.stringify(results))
