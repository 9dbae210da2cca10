import { asStaff } from '../api/steward.ts'

interface Link {
  seq: number
  prev_hash: string
  hash: string
}

/** What the browser found of the place of an entry in the chain. */
export interface Checked {
  seq: number
  /** What is so, in words, and whether it is. */
  findings: { text: string; holds: boolean }[]
}

/** What the first entry of a trail has for the hash before it (docs/audit-trail.md). */
const GENESIS_HASH = '0'.repeat(64)

/** Cuts the two hashes off a line of the export: what is left is the canonical text, to the byte. */
const HASHES = /,"prev_hash":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}$/

/**
 * Reads an entry with its neighbours from the export, byte for byte, and computes what their hashes have to be:
 * SHA-256 of the hash before and the text.
 */
export async function checkChain(seq: number): Promise<Checked> {
  const lines = await linesAfter(Math.max(0, seq - 2), seq === 1 ? 2 : 3)
  const links = lines.map((line) => ({ line, link: JSON.parse(line) as Link }))
  const at = links.findIndex(({ link }) => link.seq === seq)
  const own = links[at]
  if (!own) return { seq, findings: [{ text: 'The entry is not in the export', holds: false }] }
  const before = links[at - 1]
  const after = links[at + 1]
  return {
    seq,
    findings: [
      { text: `Its hash is that of its text and the hash before it`, holds: await isOwnHash(own) },
      before
        ? {
            text: `It follows entry ${before.link.seq}, whose hash is right too`,
            holds: own.link.prev_hash === before.link.hash && (await isOwnHash(before)),
          }
        : await asFirst(own.link),
      after
        ? {
            text: `Entry ${after.link.seq} follows it, whose hash is right too`,
            holds: after.link.prev_hash === own.link.hash && (await isOwnHash(after)),
          }
        : { text: 'It is the newest', holds: true },
    ],
  }
}

/** What an entry is without the one before it: the first that there is, or what somebody cut the trail before. */
async function asFirst({ seq, prev_hash }: Link) {
  if (seq === 1)
    return { text: 'It is the first, and no hash is before it', holds: prev_hash === GENESIS_HASH }
  const [first = '{}'] = await linesAfter(0, 1)
  const isFirst = (JSON.parse(first) as Link).seq === seq
  return isFirst
    ? { text: 'It is the first that is kept', holds: true }
    : { text: `Entry ${seq - 1}, which it follows, is there`, holds: false }
}

async function isOwnHash({ line, link }: { line: string; link: Link }): Promise<boolean> {
  const canonical = line.replace(HASHES, '}')
  const bytes = new TextEncoder().encode(link.prev_hash + canonical)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') === link.hash
}

/** Reads so many lines of the export after an entry, and no more of it. */
async function linesAfter(seq: number, count: number): Promise<string[]> {
  const stopping = new AbortController()
  const answer = await asStaff(`/admin/audit/export?after_seq=${seq}`, { signal: stopping.signal })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done) break
    text += part.value
    if (text.split('\n').length > count) break
  }
  stopping.abort()
  return text.split('\n').filter(Boolean).slice(0, count)
}
