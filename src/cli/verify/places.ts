import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestName, LATEST_DIGEST, readDigest } from '../../audit/export/digest.ts'
import { ExportProblem } from '../../audit/verify/problem.ts'
import type { ExportSource } from '../../audit/verify/verified-export.ts'

const PART = /(?:^|\/)(\d{4}\/\d{2}\/\d{2}\/\d+-\d+\.(?:ndjson|digest\.json)|latest\.digest\.json)$/
const DIGEST_NAME = /^audit\/\d{4}\/\d{2}\/\d{2}\/\d+-\d+\.digest\.json$/

export const isUrl = (place: string) => /^https?:\/\//.test(place)

/**
 * Returns the bytes of a file or URL; null if there is none. Redirects are not followed, so that the named place is
 * what is read.
 * @throws Error if it cannot be read for any other reason
 */
export async function bytesAt(place: string): Promise<Uint8Array | null> {
  if (!isUrl(place)) return readFile(place).catch(nullIfMissing)
  const response = await fetch(place, { redirect: 'manual' })
  if (response.status === 404) return null
  if (!response.ok) throw new Error(`${place} answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

/**
 * Returns the segments under a folder, wherever in the bucket's tree it begins.
 * @throws ExportProblem unexpected_object if there are two files for one object
 */
export async function folderSource(folder: string): Promise<ExportSource> {
  const paths = new Map<string, string>()
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    if (!/\.(ndjson|digest\.json)$/.test(path)) continue
    const part = PART.exec(join('/', folder, path).replaceAll('\\', '/'))?.[1]
    const name = part ? `audit/${part}` : path
    if (paths.has(name))
      throw new ExportProblem('unexpected_object', `${path} is a second ${name}`, { name: path })
    paths.set(name, join(folder, path))
  }
  const read = async (name: string) => {
    const path = paths.get(name)
    return path === undefined ? null : bytesAt(path)
  }
  return { names: [...paths.keys()], read }
}

/**
 * Returns the segments up to a digest, following each digest to the previous one, because a bucket on the web lists
 * nothing. If the URL is that of a digest, later ones are not searched for.
 * @throws Error if there is nothing to begin with
 */
export async function webSource(url: string): Promise<ExportSource & { base: string }> {
  const [, base = url.replace(/\/+$/, ''), start = LATEST_DIGEST] =
    /^(.*)\/(audit\/.*\.digest\.json)$/.exec(url) ?? []
  const digests = new Map<string, Uint8Array | null>()
  const names = new Set<string>()
  for (let name: string | null = start; name !== null && !digests.has(name); ) {
    const bytes = await bytesAt(`${base}/${name}`)
    if (bytes === null && name === start) throw new Error(`there is no ${base}/${start}`)
    digests.set(name, bytes)
    const links = bytes && linksOf(bytes)
    if (name !== LATEST_DIGEST) names.add(name)
    if (links) names.add(links.object).add(digestName(links.object))
    name = links?.previous ?? null
  }
  const read = async (name: string) => {
    const known = digests.get(name)
    if (known !== undefined || name === LATEST_DIGEST) return known ?? null
    return bytesAt(`${base}/${name}`)
  }
  return { base, names: [...names], read }
}

/**
 * Returns the object and the previous digest that a digest names; undefined for anything else, which the verification
 * reports.
 */
function linksOf(bytes: Uint8Array): { object: string; previous: string | null } | undefined {
  try {
    const { object, previous_digest: previous } = readDigest(new TextDecoder().decode(bytes)).digest
    const arePlaces = [digestName(object), previous ?? digestName(object)].every((name) =>
      DIGEST_NAME.test(name),
    )
    return arePlaces ? { object, previous } : undefined
  } catch {
    return undefined
  }
}
