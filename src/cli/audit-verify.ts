import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LATEST_DIGEST, readDigest } from '../audit/digest.ts'
import { ExportProblem } from '../audit/export-problem.ts'
import { fingerprintOf, type PublicKey } from '../audit/signing-keys.ts'
import { type ExportSource, verifyExport } from '../audit/verify.ts'

const USAGE = `npm run audit:verify -- <folder or URL> [--keys <file or URL>] [--fingerprint <hex>]... [--head <hash>]

Checks an exported audit trail without the service: every signature, every object, the chain of all entries.
  <folder>       a copy of the bucket, or of a part of it
  <URL>          of the bucket; or of a *.digest.json in it, to check all up to there
  --keys         the public keys, as /.well-known/steward-audit-keys.json served them
  --fingerprint  a key that is trusted; others are not
  --head         a hash that was the newest one before: that it is still there shows that no end was cut off`

const KEYS_FILE = 'steward-audit-keys.json'
const SEGMENT_PATH = /(?:^|\/)(\d{4}\/\d{2}\/\d{2}\/\d+-\d+\.(?:ndjson|digest\.json))$/

const isUrl = (place: string) => /^https?:\/\//.test(place)

async function bytesAt(place: string): Promise<Uint8Array | null> {
  if (!isUrl(place)) return readFile(place).catch(() => null)
  const response = await fetch(place)
  if (response.status === 404) return null
  if (!response.ok) throw new Error(`${place} answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

const textAt = async (place: string) => {
  const bytes = await bytesAt(place)
  return bytes && new TextDecoder().decode(bytes)
}

/** The segments under a folder, wherever in the bucket's tree it begins. */
async function folderSource(folder: string): Promise<ExportSource> {
  const paths = new Map<string, string>()
  for (const path of await readdir(folder, { recursive: true })) {
    if (!/\.(ndjson|digest\.json)$/.test(path) || path.endsWith('latest.digest.json')) continue
    const place = SEGMENT_PATH.exec(join('/', folder, path).replaceAll('\\', '/'))?.[1]
    paths.set(place ? `audit/${place}` : path, join(folder, path))
  }
  return { names: [...paths.keys()], read: (name) => bytesAt(paths.get(name) ?? '') }
}

/** The segments before a digest, found from each digest to the one before: a bucket on the web lists nothing. */
async function webSource(url: string): Promise<ExportSource & { base: string }> {
  const [, base = url.replace(/\/$/, ''), start] = /^(.*)\/(audit\/.*\.digest\.json)$/.exec(url) ?? []
  const latest = start ?? LATEST_DIGEST
  const names: string[] = []
  const digests = new Map<string, string>()
  let name: string | null = latest
  while (name !== null) {
    const text: string | null = await textAt(`${base}/${name}`)
    if (text === null && name === latest) throw new Error(`there is no ${base}/${latest}`)
    if (text === null) {
      names.push(name)
      break
    }
    const { object, previous_digest } = readDigest(text).digest
    const own = object.replace(/\.ndjson$/, '.digest.json')
    names.push(own, object)
    digests.set(own, text)
    name = previous_digest
  }
  const read = async (wanted: string) => {
    const text = digests.get(wanted)
    return text === undefined ? bytesAt(`${base}/${wanted}`) : new TextEncoder().encode(text)
  }
  return { base, names, read }
}

/** The keys to check with. Those that an export brings along prove nothing unless somebody knows their fingerprints. */
async function trustedKeys(
  place: string,
  keysPlace: string | undefined,
  trusted: string[],
): Promise<PublicKey[]> {
  const text = await textAt(keysPlace ?? `${place.replace(/\/$/, '')}/${KEYS_FILE}`)
  if (text === null) throw new Error(`no public keys: give --keys, or put ${KEYS_FILE} beside the export`)
  const { keys } = JSON.parse(text) as { keys: PublicKey[] }
  const known = keys.map((key) => ({ key, fingerprint: fingerprintOf(key) }))
  for (const { key, fingerprint } of known) console.log(`key ${key.kid}  SHA-256 ${fingerprint}`)
  if (keysPlace === undefined && trusted.length === 0)
    console.warn(
      'WARNING: these keys came with the export, so whoever forged it could have put them there. Compare the\n' +
        'fingerprints with ones you know, or give --keys or --fingerprint.',
    )
  if (trusted.length === 0) return keys
  return known.filter(({ fingerprint }) => trusted.includes(fingerprint)).map(({ key }) => key)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keys: { type: 'string' },
      fingerprint: { type: 'string', multiple: true, default: [] },
      head: { type: 'string' },
    },
  })
  const [place] = positionals
  if (place === undefined || positionals.length > 1) throw new Error(USAGE)
  const web = isUrl(place) ? await webSource(place) : undefined
  const source = web ?? (await folderSource(place))
  const keys = await trustedKeys(web?.base ?? place, values.keys, values.fingerprint)
  const { segments, firstSeq, lastSeq, headHash, keyIds } = await verifyExport(source, keys, values.head)
  if (firstSeq > 1)
    console.log(`begins at entry ${firstSeq}: a checkpoint tells that those before were pruned`)
  console.log(
    `verified: entries ${firstSeq} to ${lastSeq} in ${segments} objects, signed with ${keyIds.join(', ')}`,
  )
  console.log(`head ${headHash}`)
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error)
  console.error(error instanceof ExportProblem ? `NOT as it was signed (${error.kind}): ${text}` : text)
  process.exitCode = error instanceof ExportProblem ? 1 : 2
})
