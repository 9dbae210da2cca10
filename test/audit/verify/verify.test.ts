import { env } from 'cloudflare:workers'
import { beforeEach, expect, test } from 'vitest'
import { readDigest } from '../../../src/audit/export/digest.ts'
import type { ExportProblem } from '../../../src/audit/verify/problem.ts'
import { sha256Hex } from '../../../src/crypto/digest.ts'
import { SigningKeys } from '../../../src/crypto/signing-keys.ts'
import {
  deliver,
  deliveriesOf,
  exportedObjects,
  makeEvents,
  verify,
} from '../../support/trail/audit-queue.ts'

type Objects = Map<string, string>

let objects: Objects
let names: { objects: string[]; digests: string[] }

beforeEach(async () => {
  for (const from of [1, 6, 11]) await deliver(deliveriesOf(makeEvents(5, from)))
  objects = await exportedObjects()
  const all = [...objects.keys()]
  names = {
    objects: all.filter((name) => name.endsWith('.ndjson')),
    digests: all.filter((name) => name.endsWith('.digest.json')),
  }
})

const linesOf = (object: string) => objects.get(object)?.trimEnd().split('\n') ?? []

/** Changes the lines of the second object, which are entries 6 to 10. */
function edit(change: (lines: string[]) => string[]): void {
  const [, name = ''] = names.objects
  objects.set(name, `${change(linesOf(name)).join('\n')}\n`)
}

const problem = () =>
  verify(objects).then(
    () => {
      throw new Error('nothing was found')
    },
    ({ kind, seq, object }: ExportProblem) => ({ kind, seq, object }),
  )

/** Chains lines anew from the hash before the first, as one would who knows how and has no key. */
async function rechained(lines: string[]): Promise<string[]> {
  const chained: string[] = []
  let previous = /"prev_hash":"(\w+)"/.exec(linesOf(names.objects[1] ?? '')[0] ?? '')?.[1] ?? ''
  for (const line of lines) {
    const entry = line.replace(/,"prev_hash":.*/, '}')
    const hash = sha256Hex(previous + entry)
    chained.push(`${entry.slice(0, -1)},"prev_hash":"${previous}","hash":"${hash}"}`)
    previous = hash
  }
  return chained
}

test('an untouched export verifies, and tells its head', async () => {
  const lastLine = linesOf(names.objects[2] ?? '').at(-1) ?? '{}'
  expect(await verify(objects)).toEqual({
    segments: 3,
    firstSeq: 1,
    lastSeq: 15,
    headHash: JSON.parse(lastLine).hash,
    keyIds: ['test'],
    shownTo: null,
  })
})

test.each<[string, (lines: string[]) => string[], string, number]>([
  [
    'changed',
    ([a = '', b = '', ...rest]) => [a, b.replace('"status":200', '"status":500'), ...rest],
    'entry_changed',
    7,
  ],
  ['with another hash', ([a = '', ...rest]) => [a.replace(/.{3}"\}$/, '000"}'), ...rest], 'entry_changed', 6],
  ['made unreadable', (lines) => lines.with(3, '{'), 'entry_changed', 9],
  ['emptied', (lines) => lines.with(2, ''), 'entry_changed', 8],
  ['removed', (lines) => lines.toSpliced(2, 1), 'entry_removed', 8],
  ['the last one removed', (lines) => lines.slice(0, -1), 'entry_removed', 10],
  ['all removed', () => [], 'entry_changed', 6],
  ['doubled', (lines) => lines.toSpliced(2, 0, lines[1] ?? ''), 'entry_inserted', 8],
  ['inserted at the end', (lines) => [...lines, lines[0] ?? ''], 'entry_inserted', 11],
  ['swapped', ([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest], 'entry_reordered', 7],
  ['turned round', (lines) => lines.toReversed(), 'entry_reordered', 6],
])('an entry %s is named', async (_, change, kind, seq) => {
  edit(change)
  expect(await problem()).toEqual({ kind, seq, object: names.objects[1] })
})

test.each<[string, (lines: string[]) => string[], string, number]>([
  ['changed', (lines) => lines.with(2, (lines[2] ?? '').replace('req_8', 'req_0')), 'entry_changed', 8],
  [
    'inserted',
    (lines) => lines.toSpliced(1, 0, (lines[1] ?? '').replace('req_7', 'req_0')),
    'entry_inserted',
    7,
  ],
  ['removed', (lines) => lines.toSpliced(3, 1), 'entry_removed', 9],
])('an entry %s is named even if all hashes after it were computed anew', async (_, change, kind, seq) => {
  const lines = await rechained(change(linesOf(names.objects[1] ?? '')))
  edit(() => lines)
  expect(await problem()).toEqual({ kind, seq, object: names.objects[1] })
})

test('bytes beside the entries count as well', async () => {
  const [name = ''] = names.objects
  objects.set(name, objects.get(name)?.trimEnd() ?? '')
  expect(await problem()).toMatchObject({ kind: 'object_changed', object: name })
})

test.each<[string, () => void, string, () => string | undefined]>([
  [
    'a missing object',
    () => objects.delete(names.objects[1] ?? ''),
    'object_missing',
    () => names.objects[1],
  ],
  [
    'a missing digest',
    () => objects.delete(names.digests[1] ?? ''),
    'digest_missing',
    () => names.digests[1],
  ],
  [
    'a digest that is none',
    () => objects.set(names.digests[1] ?? '', '{}'),
    'digest_unreadable',
    () => names.digests[1],
  ],
  [
    'a changed digest',
    () =>
      objects.set(
        names.digests[1] ?? '',
        (objects.get(names.digests[1] ?? '') ?? '').replace('"v":1,', '"v":1,"v":1,'),
      ),
    'signature_wrong',
    () => names.digests[1],
  ],
  [
    'a digest in the place of another',
    () => objects.set(names.digests[1] ?? '', objects.get(names.digests[0] ?? '') ?? ''),
    'digest_misplaced',
    () => names.digests[1],
  ],
  [
    'a stranger’s file',
    () => objects.set('audit/2026/11/21/notes.ndjson', ''),
    'unexpected_object',
    () => undefined,
  ],
])('%s is named', async (_, change, kind, object) => {
  change()
  expect(await problem()).toMatchObject({ kind, object: object() })
})

test('a digest signed with a key of one’s own is named, under a new name of the key or the old one', async () => {
  const [, name = ''] = names.digests
  const { signed } = readDigest(objects.get(name) ?? '')
  for (const [id, kind] of [
    ['test', 'signature_wrong'],
    ['mine', 'key_unknown'],
  ] as const) {
    const keys = new SigningKeys('AUDIT_SIGNING_KEYS', `${id}:${'B'.repeat(42)}A`)
    const text = signed.replace('"key_id":"test"', `"key_id":"${id}"`)
    objects.set(name, `${text.slice(0, -1)},"signature":"${await keys.sign(text)}"}`)
    expect(await problem()).toMatchObject({ kind, object: name })
  }
})

test('a segment that is gone with its digest is told by its first entry', async () => {
  objects.delete(names.objects[1] ?? '')
  objects.delete(names.digests[1] ?? '')
  expect(await problem()).toMatchObject({ kind: 'entry_removed', seq: 6 })
})

test('the beginning cannot be cut off without a checkpoint', async () => {
  objects.delete(names.objects[0] ?? '')
  objects.delete(names.digests[0] ?? '')
  expect(await problem()).toMatchObject({ kind: 'entry_removed', seq: 1 })
})

test('the end can be cut off only from those who do not know a later head', async () => {
  const { headHash } = await verify(objects)
  objects.delete(names.objects[2] ?? '')
  objects.delete(names.digests[2] ?? '')
  expect(await verify(objects)).toMatchObject({ lastSeq: 10 })
  await expect(verify(objects, headHash)).rejects.toMatchObject({ kind: 'head_missing' })
})

test('the end is shown by a later head or by the newest digest, whichever reaches farther', async () => {
  const [, middle = '', last = ''] = names.digests.map((name) => objects.get(name) ?? '')
  const heads = [middle, last].map((text) => readDigest(text).digest.head_hash)
  expect(await verify(objects, heads[0])).toMatchObject({ shownTo: 10 })
  objects.set('audit/latest.digest.json', middle)
  expect(await verify(objects)).toMatchObject({ shownTo: 10, lastSeq: 15 })
  expect(await verify(objects, heads[1])).toMatchObject({ shownTo: 15 })
  objects.set('audit/latest.digest.json', last)
  expect(await verify(objects, heads[0])).toMatchObject({ shownTo: 15 })
})

test('keys rotate: old digests verify with the old key, new ones are signed with the new one', async () => {
  const rotated = `next:${'B'.repeat(42)}A,${env.AUDIT_SIGNING_KEYS}`
  await deliver(deliveriesOf(makeEvents(5, 16)), { AUDIT_SIGNING_KEYS: rotated })
  const all = await exportedObjects()
  expect(await verify(all, undefined, rotated)).toMatchObject({ lastSeq: 20, keyIds: ['test', 'next'] })
  await expect(verify(all)).rejects.toMatchObject({ kind: 'key_unknown' })
  await deliver(deliveriesOf(makeEvents(5, 21)))
  const [digest] = [...(await exportedObjects()).keys()].filter((name) => name.endsWith('/21-25.digest.json'))
  await expect(verify(await exportedObjects(), undefined, rotated)).rejects.toMatchObject({
    kind: 'key_retired',
    object: digest,
  })
})

test('nothing is not an export', async () => {
  await expect(verify(new Map())).rejects.toMatchObject({ kind: 'nothing_found' })
})
