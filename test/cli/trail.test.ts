import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/audit/trail/fields.ts'
import type { Outcome } from '../../src/cli/demo/calls.ts'
import { problemsOf, problemsOfReport } from '../../src/cli/demo/trail.ts'

const WRITE: Outcome = {
  what: 'makes a list',
  caller: { name: 'admin', headers: {} },
  call: 'POST /lists',
  expect: 201,
  records: ['received', 'completed'],
  status: 201,
  text: '{}',
  requestId: 'req_1',
  auditId: 'aud_1',
}
const GUESS: Outcome = {
  ...WRITE,
  what: 'guesses a key',
  records: [],
  status: 401,
  requestId: 'req_2',
  auditId: null,
}

const entry = (seq: number, stage: 'received' | 'completed', changed: object = {}) =>
  ({
    seq,
    id: 'aud_1',
    stage,
    request_id: 'req_1',
    status: stage === 'received' ? null : 201,
    ...changed,
  }) as AuditEntry

const exported = (...entries: AuditEntry[]) => [
  { key: 'audit/2026/11/21/1-2.ndjson', text: entries.map((line) => `${JSON.stringify(line)}\n`).join('') },
  { key: 'audit/2026/11/21/1-2.digest.json', text: '{}' },
]

const received = entry(1, 'received')
const completed = entry(2, 'completed')

test('the demo is content with exactly the records that have to be there', () => {
  const trail = [received, completed]
  expect(problemsOf([WRITE, GUESS], trail, exported(completed, received))).toEqual([])
})

const call = 'POST /lists (makes a list)'
const stranger = entry(3, 'completed', { request_id: 'req_9' })

test.each<{ finds: string; trail: AuditEntry[]; lines?: AuditEntry[]; problem: string }>([
  {
    finds: 'a missing record',
    trail: [received],
    problem: `${call} has to leave received and completed, but left received.`,
  },
  {
    finds: 'a record too many',
    trail: [received, completed, entry(3, 'completed')],
    problem: `${call} has to leave received and completed, but left received and completed and completed.`,
  },
  {
    finds: 'a record of nobody',
    trail: [received, completed, stranger],
    problem: '1 entries are of calls that nobody made.',
  },
  {
    finds: 'another id',
    trail: [received, entry(2, 'completed', { id: 'aud_2' })],
    problem: `${call} was answered with another X-Audit-Id than its record has.`,
  },
  {
    finds: 'another status',
    trail: [received, entry(2, 'completed', { status: 500 })],
    problem: `${call} has another status on record than it was answered with.`,
  },
  {
    finds: 'a line that was not exported',
    trail: [received, completed],
    lines: [received],
    problem: 'The exported lines are not the entries of the trail.',
  },
  {
    finds: 'a line that was changed',
    trail: [received, completed],
    lines: [received, entry(2, 'completed', { status: 200 })],
    problem: 'The exported lines are not the entries of the trail.',
  },
])('the demo finds $finds', ({ trail, lines, problem }) => {
  expect(problemsOf([WRITE, GUESS], trail, exported(...(lines ?? trail)))).toEqual([problem])
})

describe('the report of a grant', () => {
  const under = entry(3, 'completed', { grant_id: 'gra_1' })
  const problem = 'The report of the grant is not what the trail has of it.'

  test.each<{ name: string; trail: AuditEntry[]; report: AuditEntry[]; problems: string[] }>([
    { name: 'of exactly what names it is right', trail: [completed, under], report: [under], problems: [] },
    {
      name: 'that lacks an act is not',
      trail: [under, entry(4, 'completed', { grant_id: 'gra_1' })],
      report: [under],
      problems: [problem],
    },
    {
      name: 'with an act of others is not',
      trail: [completed, under],
      report: [completed, under],
      problems: [problem],
    },
    { name: 'of nothing is not', trail: [completed], report: [], problems: [problem] },
  ])('$name', ({ trail, report, problems }) => {
    expect(problemsOfReport(trail, report, 'gra_1')).toEqual(problems)
  })
})
