import { Hono } from 'hono'
import * as z from 'zod'
import { exportEntries, MAX_COVERED } from '../../audit/export/entry-stream.ts'
import { entryObject } from '../../audit/trail/fields.ts'
import { outcome } from '../../audit/trail/outcome.ts'
import { getEntries, listEntries } from '../../audit/trail/queries.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresToRead } from '../../auth/requires.ts'
import { once } from '../../base/once.ts'
import { describing, type Part, streams } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { digits } from '../../http/fields/inputs.ts'
import { textValue } from '../../http/fields/values.ts'
import { EXPORT_FORMATS, fileAnswer, rowCounter } from '../../http/files/export-files.ts'
import { pageQuery } from '../../http/pagination.ts'
import { query } from '../../http/validation.ts'
import { auditFilter, filterOf } from './filter-query.ts'

/** Returns the value of the header `Link` that leads to the next part of the export. */
function nextLink(url: string, afterSeq: number): string {
  const { pathname, searchParams } = new URL(url)
  searchParams.set('after_seq', `${afterSeq}`)
  return `<${pathname}?${searchParams}>; rel="next"`
}

const auditQuery = () => pageQuery().extend(auditFilter().shape)

const exportQuery = () =>
  auditFilter().extend({
    after_seq: digits().default(0),
    format: z.enum(EXPORT_FORMATS).default('ndjson'),
  })

const listedEntry = once(() =>
  entryObject()
    .extend({
      actor_email: textValue('ada@example.com')
        .nullable()
        .meta({ description: 'Whose `admin_id` it is, as the account is called now. No part of the entry.' }),
      outcome: outcome(),
    })
    .meta({ id: 'ListedAuditEntry' }),
)

const RETRIEVED = adminPage('Audit entries retrieved successfully', listedEntry)
const ACT_RETRIEVED = adminAnswer(200, 'Audit entries retrieved successfully', () => z.array(listedEntry()))
const FILE = fileAnswer('audit', { ndjson: '{"seq":1,"v":1}\n', csv: 'seq,v\r\n1,1\r\n' })

export const AUDIT = {
  name: 'Audit',
  description: 'The trail of all that was done.',
  parameters: {
    id: {
      description: 'The id of an act on record, as `X-Audit-Id` gives it.',
      examples: ['aud_4fJq0ZkPz7Xn2wB9sVtYcD'],
    },
  },
} satisfies Part

const describes = describing(AUDIT)

/** `/admin/audit`: the audit trail. */
export const auditRoutes = new Hono<AdminEnv>()
  .get(
    '/audit',
    describes(() => ({
      id: 'listAuditEntries',
      summary: 'List audit entries, newest first',
      description:
        'An outcome other than unknown and pending finds the entry that completed the act. With several filters a page may be short and still have a next_cursor.',
      answers: [RETRIEVED],
    })),
    requiresToRead('audit:read'),
    query(auditQuery),
    async (c) => {
      const { page, per_page, cursor, ...filter } = c.req.valid('query')
      const found = await listEntries(c.var.reader, filterOf(filter), { page, per_page, cursor }, c.var.now())
      return RETRIEVED.of(c, found)
    },
  )
  .get(
    '/audit/export',
    describes(() => ({
      id: 'exportAuditEntries',
      summary: 'Export audit entries by their numbers',
      description: `As NDJSON, each line the same bytes as in the exported objects, or as CSV, whose cells that a spreadsheet would take for a formula begin with an apostrophe. An answer covers ${MAX_COVERED} entries after after_seq, matching or not, and nothing that was appended after it began: where there are more, the header Link (RFC 8288) leads on as rel="next". A connection that ends early means that the answer is not complete.`,
      answers: [FILE],
    })),
    requiresToRead('audit:read'),
    streams(),
    query(exportQuery),
    async (c) => {
      const { after_seq: afterSeq, format, ...filter } = c.req.valid('query')
      const { stream, nextAfterSeq } = await exportEntries(c.var.reader, {
        filter: filterOf(filter),
        afterSeq,
        format,
        now: c.var.now(),
        onRows: rowCounter(c.var.facts),
      })
      if (nextAfterSeq !== null) c.header('Link', nextLink(c.req.url, nextAfterSeq))
      return FILE.of(c, format, stream)
    },
  )
  .get(
    '/audit/:id{aud_\\w+}',
    describes(() => ({
      id: 'getAuditEntry',
      summary: 'Get the entries of one act',
      description: 'Returns the stages of an act in the order they were appended. The look is on record.',
      answers: [ACT_RETRIEVED],
      errors: ['audit_entry_unknown'],
    })),
    requiresToRead('audit:read'),
    async (c) => {
      const entries = await getEntries(c.var.reader, c.req.param('id'), c.var.now())
      return ACT_RETRIEVED.of(c, entries)
    },
  )
