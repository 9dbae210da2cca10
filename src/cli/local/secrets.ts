import { appendFile, readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { toBase64Url } from '../../base/encoding.ts'
import { requiredSecrets } from './config.ts'

const randomKey = (bytes: number) => toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)))

/** Generators of the secrets of a local service. */
const GENERATORS: Record<string, () => string> = {
  CLIENT_SECRETS_KEYS: () => `local:${randomKey(32)}`,
  AUDIT_SIGNING_KEYS: () => `local:${randomKey(32)}`,
  ASSERTION_SIGNING_KEYS: () => `local:${randomKey(32)}`,
  PSEUDONYM_KEY: () => randomKey(32),
}

/** Adds a random value for each required secret that `file` lacks. Returns their names. */
export async function provideSecrets(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const present = parseEnv(text)
  const missing = requiredSecrets().filter((name) => !present[name])
  const lines = missing.map((name) => `${name}=${generated(name)}\n`)
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  if (lines.length > 0) await appendFile(file, separator + lines.join(''), { mode: 0o600 })
  return missing
}

function generated(name: string): string {
  const generate = GENERATORS[name]
  if (!generate) throw new Error(`src/cli/local/secrets.ts does not say how the secret ${name} is made`)
  return generate()
}
