import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { digestName, LATEST_DIGEST, readDigest } from '../../src/audit/export/digest.ts'
import { fingerprintOf } from '../../src/crypto/signing-keys.ts'
import { type Export, exportSignedBy, key, publicKeysOf } from '../support/trail/export-files.ts'

const SCRIPT = resolve(import.meta.dirname, '../../src/cli/audit-verify.ts')
const KEYS_FILE = 'steward-audit-keys.json'
const [OLD, NEW, STRANGER] = [key('k1', 'B'), key('k2', 'C'), key('k1', 'D')]

/** A folder with these files, for the time of the test. */
function folderWith(files: Iterable<[string, string]>): string {
  const folder = mkdtempSync(join(tmpdir(), 'steward-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** A file of public keys, outside of any export. */
const keysFile = async (...keys: string[]) =>
  join(folderWith([['keys.json', JSON.stringify(await publicKeysOf(...keys))]]), 'keys.json')

/** What the command ends with. */
async function verify(...args: string[]) {
  const child = spawn(process.execPath, [SCRIPT, ...args])
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const status = await new Promise((end) => child.on('close', end))
  return { status, said }
}

/** The export of nine entries, as a service with one key made it. */
let files: Export
const objects = () => [...files.keys()].filter((name) => name.endsWith('.ndjson'))
const remove = (object: string | undefined) => {
  files.delete(object ?? '')
  files.delete(digestName(object ?? ''))
}
const headOf = (object: string | undefined) =>
  readDigest(files.get(digestName(object ?? '')) ?? '').digest.head_hash

beforeEach(async () => {
  files = await exportSignedBy([OLD, OLD, OLD])
})

test('an export that is whole, checked with keys from elsewhere, is verified', async () => {
  const { status, said } = await verify(folderWith(files), '--keys', await keysFile(OLD))
  expect(said).toContain('entries 1 to 9 in 3 objects, by k1')
  expect(said).toMatch(/\nverified\n$/)
  expect(status).toBe(0)
})

describe('keys', () => {
  test.each<{ keys: string; args: (folder: string) => Promise<string[]>; status: number; says: string }>([
    { keys: 'that lie beside the export', args: async () => [], status: 2, says: 'NOT SHOWN: who signed' },
    {
      keys: 'that lie in the export and are named',
      args: async (folder) => ['--keys', join(folder, KEYS_FILE)],
      status: 2,
      says: 'NOT SHOWN: who signed',
    },
    {
      keys: 'that lie beside it, one of which is known by its fingerprint',
      args: async () => ['--fingerprint', (await fingerprints(OLD)).toUpperCase()],
      status: 0,
      says: 'verified',
    },
    {
      keys: 'that lie beside it, of which another is known',
      args: async () => ['--fingerprint', await fingerprints(NEW)],
      status: 1,
      says: 'key_unknown',
    },
    {
      keys: 'of a stranger',
      args: async () => ['--keys', await keysFile(STRANGER)],
      status: 1,
      says: 'signature_wrong',
    },
    {
      keys: 'that are not there',
      args: async () => ['--keys', '/nowhere'],
      status: 2,
      says: 'there is no /nowhere',
    },
  ])('$keys: status $status', async ({ args, status, says }) => {
    const folder = folderWith([...files, [KEYS_FILE, JSON.stringify(await publicKeysOf(OLD))]])
    const result = await verify(folder, ...(await args(folder)))
    expect(result.said).toContain(says)
    expect(result.status).toBe(status)
  })

  /** Where the verified folder is, where the keys are named, both in or around one copy of the bucket. */
  test.each<{ keys: string; verified: string; named: string; status: number }>([
    { keys: 'above the verified folder', verified: 'bucket/audit', named: `bucket/${KEYS_FILE}`, status: 2 },
    {
      keys: 'above it, by another name',
      verified: 'bucket/audit',
      named: 'bucket/mine/keys.json',
      status: 2,
    },
    {
      keys: 'above the verified year',
      verified: 'bucket/audit/2026',
      named: `bucket/${KEYS_FILE}`,
      status: 2,
    },
    { keys: 'among the objects', verified: 'bucket', named: 'bucket/audit/keys.json', status: 2 },
    { keys: 'by a way around', verified: 'bucket/audit/.', named: `other/../bucket/${KEYS_FILE}`, status: 2 },
    {
      keys: 'in it, of a link to the folder',
      verified: 'link-to-audit',
      named: `bucket/${KEYS_FILE}`,
      status: 2,
    },
    { keys: 'linked to from outside', verified: 'bucket/audit', named: 'other/link-to-keys', status: 2 },
    { keys: 'that are links in the bucket', verified: 'bucket/audit', named: 'bucket/link-out', status: 2 },
    {
      keys: 'in a bucket whose audit is a link',
      verified: 'linked/audit',
      named: `linked/${KEYS_FILE}`,
      status: 2,
    },
    { keys: 'beside the bucket', verified: 'bucket/audit', named: 'other/keys.json', status: 0 },
    {
      keys: 'beside the bucket, which is verified',
      verified: 'bucket',
      named: 'bucket-keys.json',
      status: 0,
    },
    { keys: 'in a folder that is called ..', verified: 'bucket/audit', named: '..keys.json', status: 0 },
  ])('$keys ($named of $verified): status $status', async ({ verified, named, status }) => {
    const text = JSON.stringify(await publicKeysOf(OLD))
    const places = [
      `bucket/${KEYS_FILE}`,
      'bucket/mine/keys.json',
      'bucket/audit/keys.json',
      `linked/${KEYS_FILE}`,
      'other/keys.json',
      'bucket-keys.json',
      '..keys.json',
    ]
    const objects = [...files].map(([name, object]): [string, string] => [`bucket/${name}`, object])
    const folder = folderWith([...objects, ...places.map((place): [string, string] => [place, text])])
    symlinkSync(join(folder, 'bucket/audit'), join(folder, 'link-to-audit'))
    symlinkSync(join(folder, 'bucket/audit'), join(folder, 'linked/audit'))
    symlinkSync(join(folder, 'bucket', KEYS_FILE), join(folder, 'other/link-to-keys'))
    symlinkSync(join(folder, 'other/keys.json'), join(folder, 'bucket/link-out'))
    const result = await verify(`${folder}/${verified}`, '--keys', `${folder}/${named}`)
    expect(result.said).toContain(status === 0 ? '\nverified\n' : 'NOT SHOWN: who signed')
    expect(result.status).toBe(status)
  })

  const fingerprints = async (signer: string) => {
    const [publicKey] = (await publicKeysOf(signer)).keys
    return publicKey ? fingerprintOf(publicKey) : ''
  }

  test('an export that a stranger signed anew, with the stranger’s keys beside it, is not verified', async () => {
    const forged = await exportSignedBy([STRANGER, STRANGER])
    const folder = folderWith([...forged, [KEYS_FILE, JSON.stringify(await publicKeysOf(STRANGER))]])
    expect(await verify(folder)).toMatchObject({ status: 2 })
    expect(await verify(folder, '--keys', await keysFile(OLD))).toMatchObject({ status: 1 })
    expect(await verify(folder, '--fingerprint', await fingerprints(OLD))).toMatchObject({ status: 1 })
  })

  test.each<{ file: string; text: () => Promise<string> | string }>([
    { file: 'nothing', text: () => '' },
    { file: 'something else', text: () => '<!doctype html>' },
    { file: 'no keys', text: () => '{"keys":[]}' },
    { file: 'null', text: () => 'null' },
    { file: 'keys of another kind', text: () => '{"keys":[{"kty":"RSA","kid":"k1","n":"AQAB","e":"AQAB"}]}' },
    { file: 'a key cut short', text: () => '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"AAAA"}]}' },
    {
      file: 'two keys of one name',
      text: async () =>
        JSON.stringify({ keys: [...(await publicKeysOf(OLD)).keys, ...(await publicKeysOf(STRANGER)).keys] }),
    },
  ])('a file of keys that holds $file checks nothing', async ({ text }) => {
    const keys = join(folderWith([['keys.json', await text()]]), 'keys.json')
    const { status, said } = await verify(folderWith(files), '--keys', keys)
    expect(said).toMatch(/is not a set of Ed25519 keys|two keys are called k1/)
    expect(status).toBe(2)
  })

  test('of two keys of one name a fingerprint tells which is meant', async () => {
    const both = { keys: [...(await publicKeysOf(STRANGER)).keys, ...(await publicKeysOf(OLD)).keys] }
    const keys = join(folderWith([['keys.json', JSON.stringify(both)]]), 'keys.json')
    const args = ['--keys', keys, '--fingerprint', await fingerprints(OLD)]
    expect(await verify(folderWith(files), ...args)).toMatchObject({ status: 0 })
  })

  test.each<{ turns: string; signers: string[]; status: number; says: string }>([
    { turns: 'a key and the next', signers: [OLD, NEW, NEW], status: 0, says: 'by k1, k2' },
    { turns: 'a key, the next, the first again', signers: [OLD, NEW, OLD], status: 1, says: 'key_retired' },
    {
      turns: 'a key, the next, the first under a new name',
      signers: [OLD, NEW, key('k3', 'B')],
      status: 1,
      says: 'key_retired',
    },
    { turns: 'a key under two names', signers: [OLD, key('k3', 'B'), OLD], status: 0, says: 'by k1, k3' },
  ])('signed by $turns: status $status', async ({ signers, status, says }) => {
    const folder = folderWith(await exportSignedBy(signers))
    const result = await verify(folder, '--keys', await keysFile(OLD, NEW, key('k3', 'B')))
    expect(result.said).toContain(says)
    expect(result.status).toBe(status)
  })
})

describe('the end', () => {
  const verifyFiles = async (...args: string[]) =>
    verify(folderWith(files), '--keys', await keysFile(OLD, NEW), ...args)

  test('that the newest digest names and that is gone was cut off', async () => {
    remove(objects()[2])
    const { status, said } = await verifyFiles()
    expect(said).toContain(
      '(entry_removed): entries 7 to 9 were removed, though audit/latest.digest.json names',
    )
    expect(status).toBe(1)
  })

  test('is not shown where no newest digest and no head is', async () => {
    files.delete(LATEST_DIGEST)
    const { status, said } = await verifyFiles()
    expect(said).toContain('NOT SHOWN: that no end was cut off')
    expect(said).not.toContain('verified')
    expect(status).toBe(2)
  })

  test('is shown by a head that was noted, and missed where it is gone', async () => {
    files.delete(LATEST_DIGEST)
    const head = headOf(objects()[2])
    expect(await verifyFiles('--head', head)).toMatchObject({ status: 0 })
    remove(objects()[2])
    const { status, said } = await verifyFiles('--head', head)
    expect(said).toContain('head_missing')
    expect(status).toBe(1)
  })

  test('is shown as far as the newest digest, which is as old as the last run of the cron', async () => {
    files.set(LATEST_DIGEST, files.get(digestName(objects()[1] ?? '')) ?? '')
    const { status, said } = await verifyFiles()
    expect(said).toContain('nothing was cut off up to entry 6')
    expect(status).toBe(0)
  })

  test.each<{ holds: string; text: () => Promise<string>; kind: string }>([
    { holds: 'is no digest', text: async () => '{}', kind: 'digest_unreadable' },
    {
      holds: 'begins with a mark that its signature does not cover',
      text: async () => `\u{FEFF}${files.get(LATEST_DIGEST)}`,
      kind: 'digest_unreadable',
    },
    {
      holds: 'was changed',
      text: async () => (files.get(LATEST_DIGEST) ?? '').replace('"last_seq":9', '"last_seq":6'),
      kind: 'digest_unreadable',
    },
    {
      holds: 'was changed as to its object',
      text: async () => (files.get(LATEST_DIGEST) ?? '').replace('/7-9.', '/7-8.'),
      kind: 'signature_wrong',
    },
    {
      holds: 'is signed by a stranger',
      text: async () => (await exportSignedBy([STRANGER])).get(LATEST_DIGEST) ?? '',
      kind: 'signature_wrong',
    },
    {
      holds: 'is of another export of the same service',
      text: async () => (await exportSignedBy([NEW, NEW, NEW])).get(LATEST_DIGEST) ?? '',
      kind: 'digest_misplaced',
    },
  ])('a newest digest that $holds is named', async ({ text, kind }) => {
    files.set(LATEST_DIGEST, await text())
    const { status, said } = await verifyFiles()
    expect(said).toContain(`(${kind}): audit/latest.digest.json`)
    expect(status).toBe(1)
  })

  test('of an export that is gone altogether is missed', async () => {
    for (const object of objects()) remove(object)
    expect((await verifyFiles()).said).toContain('entries 1 to 9 were removed')
  })
})

test.each<{ folder: string; change: () => void; says: string }>([
  { folder: 'empty', change: () => files.clear(), says: 'nothing_found' },
  {
    folder: 'with two files for one object',
    change: () => files.set(`copy/${objects()[1]}`, files.get(objects()[1] ?? '') ?? ''),
    says: 'unexpected_object',
  },
  {
    folder: 'with lines of a stranger',
    change: () => files.set('audit/more.ndjson', ''),
    says: 'unexpected_object',
  },
  {
    folder: 'with a segment that overlaps another',
    change: () => {
      const [, object = ''] = objects()
      const other = object.replace('4-6', '5-6')
      files.set(other, files.get(object) ?? '').set(digestName(other), files.get(digestName(object)) ?? '')
    },
    says: 'digest_misplaced',
  },
])('a folder $folder is not verified', async ({ change, says }) => {
  change()
  const { status, said } = await verify(folderWith(files), '--keys', await keysFile(OLD))
  expect(said).toContain(says)
  expect(status).toBe(1)
})

test('files of other kinds are not looked at, wherever in the tree the folder begins', async () => {
  const folder = folderWith([...files, ['README.txt', 'hello'], ['audit/.DS_Store', '']])
  const keys = await keysFile(OLD)
  expect(await verify(folder, '--keys', keys)).toMatchObject({ status: 0 })
  expect(await verify(join(folder, 'audit'), '--keys', keys)).toMatchObject({ status: 0 })
})

test.each<{ line: string; args: string[] }>([
  { line: 'nothing', args: [] },
  { line: 'two folders', args: ['one', 'two'] },
  { line: 'a folder that is not there', args: ['/nowhere', '--keys', SCRIPT] },
  { line: 'an unknown option', args: ['.', '--key', 'x'] },
  { line: 'a fingerprint that is none', args: ['.', '--fingerprint', 'k1'] },
  { line: 'a head that is none', args: ['.', '--head', 'latest'] },
])('a command line with $line: status 2', async ({ args }) => {
  expect(await verify(...args)).toMatchObject({ status: 2 })
})

describe('an export on the web', () => {
  /** A server of these files, for the time of the test. Files whose text is a path are redirects there. */
  async function served(): Promise<string> {
    const server = createServer((request, response) => {
      const text = files.get(request.url?.slice(1) ?? '')
      if (text?.startsWith('/')) return response.writeHead(302, { Location: text }).end()
      response.writeHead(text === undefined ? 404 : 200).end(text)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const verifyWeb = async (path = '', ...args: string[]) =>
    verify((await served()) + path, '--keys', await keysFile(OLD), ...args)

  test('is followed back from the newest digest, and verified', async () => {
    expect(await verifyWeb()).toMatchObject({ status: 0, said: expect.stringContaining('entries 1 to 9') })
  })

  test.each<{ keys: string; named: (url: URL) => Promise<string>; status: number }>([
    { keys: 'of the same origin', named: async ({ origin }) => `${origin}/keys.json`, status: 2 },
    {
      keys: 'of the same origin, written otherwise',
      named: async ({ port }) => `http://127.1:${port}/keys.json`,
      status: 2,
    },
    { keys: 'of another origin', named: async () => `${await served()}/keys.json`, status: 0 },
    { keys: 'of a file', named: () => keysFile(OLD), status: 0 },
  ])('checked with keys $keys: status $status', async ({ named, status }) => {
    files.set('keys.json', JSON.stringify(await publicKeysOf(OLD)))
    const url = await served()
    const latest = digestName(objects()[2] ?? '')
    for (const place of [url, `${url}/`]) {
      const result = await verify(place, '--keys', await named(new URL(url)))
      expect(result.said).toContain(status === 0 ? '\nverified\n' : 'NOT SHOWN: who signed')
      expect(result.status).toBe(status)
    }
    const head = headOf(objects()[2])
    const upTo = await verify(`${url}/${latest}`, '--keys', await named(new URL(url)), '--head', head)
    expect(upTo.status).toBe(status)
  })

  test('checked up to a digest, is verified to there, and its end only by a head', async () => {
    const path = `/${digestName(objects()[1] ?? '')}`
    const { status, said } = await verifyWeb(path)
    expect(said).toContain('entries 1 to 6')
    expect(status).toBe(2)
    expect(await verifyWeb(path, '--head', headOf(objects()[1]))).toMatchObject({ status: 0 })
  })

  test.each<{ change: string; make: () => void; status: number; says: string }>([
    {
      change: 'no newest digest',
      make: () => files.delete(LATEST_DIGEST),
      status: 2,
      says: 'there is no http://127.0.0.1',
    },
    {
      change: 'a newest digest that is none',
      make: () => files.set(LATEST_DIGEST, '{}'),
      status: 1,
      says: 'digest_unreadable',
    },
    {
      change: 'a newest digest that is not the one beside its object',
      make: () => files.delete(digestName(objects()[2] ?? '')),
      status: 1,
      says: 'digest_missing',
    },
    {
      change: 'an object that is gone',
      make: () => files.delete(objects()[1] ?? ''),
      status: 1,
      says: 'object_missing',
    },
    {
      change: 'a digest that is gone',
      make: () => files.delete(digestName(objects()[1] ?? '')),
      status: 1,
      says: 'digest_missing',
    },
    {
      change: 'a digest in the place of the one before, which names itself again and again',
      make: () => files.set(digestName(objects()[1] ?? ''), files.get(digestName(objects()[2] ?? '')) ?? ''),
      status: 1,
      says: 'digest_misplaced',
    },
    {
      change: 'a redirect',
      make: () => files.set(objects()[0] ?? '', '/elsewhere'),
      status: 2,
      says: 'answered 302',
    },
  ])('with $change: status $status', async ({ make, status, says }) => {
    make()
    const result = await verifyWeb()
    expect(result.said).toContain(says)
    expect(result.status).toBe(status)
  })
})
