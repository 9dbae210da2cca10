import { parseArgs } from 'node:util'
import { LATEST_DIGEST } from '../audit/export/digest.ts'
import { ExportProblem } from '../audit/verify/problem.ts'
import type { VerifiedExport } from '../audit/verify/verified-export.ts'
import { verifyExport } from '../audit/verify/verify.ts'
import { folderSource, isUrl, webSource } from './verify/places.ts'
import { type TrustedKeys, trustedKeys } from './verify/trusted-keys.ts'

const USAGE = `npm run audit:verify -- <folder or URL> [--keys <file or URL>] [--fingerprint <hex>]... [--head <hash>]

Checks an exported audit trail without the service: every signature, every object, the chain of all entries.
  <folder>       a copy of the bucket, or of a part of it
  <URL>          of the bucket; or of a *.digest.json in it, to check all up to there
  --keys         the public keys, as /.well-known/steward-audit-keys.json served them; from elsewhere than the bucket,
                 which is the folder that holds audit/, or the host of the URL
  --fingerprint  a key that is trusted; others are not
  --head         a hash that was the newest one before: that it is still there shows that no end was cut off

Exit status: 0 if all is shown; 1 if something is not as it was signed; 2 if something could not be checked or shown.`

const SHA256 = /^[0-9a-f]{64}$/

interface Options {
  place: string
  keys: string | undefined
  fingerprints: string[]
  head: string | undefined
}

/** @throws Error with the usage if the command line makes no sense */
function readOptions(): Options {
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
  const fingerprints = values.fingerprint.map((text) => text.toLowerCase())
  const head = values.head?.toLowerCase()
  const isHash = (text: string) => SHA256.test(text)
  if (!fingerprints.every(isHash) || (head !== undefined && !isHash(head)))
    throw new Error(`--fingerprint and --head are 64 hex digits\n\n${USAGE}`)
  return { place, keys: values.keys, fingerprints, head }
}

/** Returns what the verification does not show. */
function notShown({ areFromElsewhere }: TrustedKeys, { shownTo }: VerifiedExport): string[] {
  const gaps: string[] = []
  if (!areFromElsewhere)
    gaps.push(
      'who signed: these keys lie in the bucket of the export, or on its host, so whoever forged it could have put them there. Give --keys from elsewhere, or the --fingerprint of a key that you know.',
    )
  if (shownTo === null)
    gaps.push(
      `that no end was cut off: there is no ${LATEST_DIGEST} that tells. Give --head, a hash that you noted.`,
    )
  return gaps
}

async function main(): Promise<void> {
  const { place, keys: keysPlace, fingerprints, head } = readOptions()
  const web = isUrl(place) ? await webSource(place) : undefined
  const source = web ?? (await folderSource(place))
  const trusted = await trustedKeys(web?.base ?? place, keysPlace, fingerprints)
  const verified = await verifyExport(source, trusted.keys, head)
  const { segments, firstSeq, lastSeq, headHash, keyIds, shownTo } = verified
  if (firstSeq > 1)
    console.log(`begins at entry ${firstSeq}: a checkpoint tells that those before were pruned`)
  console.log(`as signed: entries ${firstSeq} to ${lastSeq} in ${segments} objects, by ${keyIds.join(', ')}`)
  if (shownTo !== null && shownTo < lastSeq)
    console.log(
      `nothing was cut off up to entry ${shownTo}; of what followed ${lastSeq}, if anything did, nothing tells`,
    )
  console.log(`head ${headHash}`)
  const gaps = notShown(trusted, verified)
  for (const gap of gaps) console.error(`NOT SHOWN: ${gap}`)
  if (gaps.length > 0) process.exitCode = 2
  else console.log('verified')
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error)
  console.error(error instanceof ExportProblem ? `NOT as it was signed (${error.kind}): ${text}` : text)
  process.exitCode = error instanceof ExportProblem ? 1 : 2
})
