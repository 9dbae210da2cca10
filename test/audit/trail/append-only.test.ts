import { env } from 'cloudflare:workers'
import { beforeEach, expect, test } from 'vitest'
import { chainEntry } from '../../../src/audit/trail/entry.ts'
import { auditEntries } from '../../../src/db/schema/audit.ts'
import { database } from '../../support/factories.ts'
import { deliver, deliveriesOf, makeEvent, makeEvents } from '../../support/trail/audit-queue.ts'

const stored = () => database().select().from(auditEntries).orderBy(auditEntries.seq)

beforeEach(async () => {
  await deliver(deliveriesOf(makeEvents(4)))
})

const insert = 'INTO audit_entries (seq, entry, prev_hash, hash) VALUES (?, ?, ?, ?)'

test.each([
  ['change', "UPDATE audit_entries SET entry = '{}' WHERE seq = 2"],
  ['change, and the hash with it', "UPDATE audit_entries SET entry = '{}', hash = 'x'"],
  ['delete', 'DELETE FROM audit_entries WHERE seq = 4'],
  ['delete all', 'DELETE FROM audit_entries'],
  ['change a segment', 'UPDATE audit_segments SET last_seq = 3'],
  ['sign a segment anew', "UPDATE audit_segments SET digest = '{}'"],
  ['delete a segment', 'DELETE FROM audit_segments'],
])('nobody can %s', async (_, statement) => {
  const before = await stored()
  await expect(env.DB.prepare(statement).run()).rejects.toThrow('append-only')
  expect(await stored()).toEqual(before)
})

test.each([
  ['leave a gap', 'INSERT', { seq: 6 }],
  ['take a number again', 'INSERT OR REPLACE', { seq: 4 }],
  ['put an act in the place of one that is there', 'INSERT OR REPLACE', { id: makeEvent(2).id }],
  ['begin another chain', 'INSERT', { prevHash: '0'.repeat(64) }],
])(
  'nobody can %s',
  async (_, verb, { seq, id, prevHash }: { seq?: number; id?: string; prevHash?: string }) => {
    const before = await stored()
    const head = { seq: (seq ?? 5) - 1, hash: prevHash ?? before.at(-1)?.hash ?? '' }
    const entry = chainEntry(makeEvent(5, id === undefined ? {} : { id }), head)
    const attempt = env.DB.prepare(`${verb} ${insert}`)
      .bind(entry.seq, entry.entry, entry.prevHash, entry.hash)
      .run()
    await expect(attempt).rejects.toThrow('not the next entry')
    expect(await stored()).toEqual(before)
  },
)

test('a checkpoint that the trail does not bear out is refused', async () => {
  const head = (await stored()).at(-1)
  if (!head) throw new Error('no entries')
  const pruned = { toSeq: 3, toHash: head.hash }
  const entry = chainEntry({ ...makeEvent(5), stage: 'checkpoint', pruned }, head)
  const attempt = env.DB.prepare(`INSERT ${insert}`)
    .bind(entry.seq, entry.entry, entry.prevHash, entry.hash)
    .run()
  await expect(attempt).rejects.toThrow('not the end of an exported segment')
})
