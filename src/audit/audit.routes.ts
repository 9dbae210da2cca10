import { Hono } from 'hono'
import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requiresToRead } from '../auth/requires.ts'
import { invalidField } from '../errors.ts'
import { describes, streams } from '../http/annotations.ts'
import { positionOf } from '../http/envelopes.ts'
import { digits, moment, text, uid } from '../http/fields.ts'
import { once } from '../http/once.ts'
import { pageQuery, pageRequest } from '../http/pagination.ts'
import { adminAnswer, adminPage, textValue } from '../http/schemas.ts'
import { query } from '../http/validation.ts'
import { getEntries, listEntries } from './audit.service.ts'
import { entryObject } from './entry.ts'
import { entryStream } from './entry-stream.ts'
import type { AuditFilter } from './filter.ts'
import { outcome } from './outcome.ts'
import { MAX_TEXT } from './recordable.ts'

const auditFilter = () =>
  z.object({
    customer_uid: uid().optional(),
    customer: uid().optional().meta({ description: 'The same as `customer_uid`.' }),
    admin_id: digits().optional(),
    api_key_id: z
      .string()
      .regex(/^key_\w{22}$/)
      .optional(),
    ip: address().optional(),
    target: text().min(1).max(MAX_TEXT).optional().meta({ description: 'The id of what an act was about.' }),
    stage: entryObject().shape.stage.optional(),
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).optional(),
    route: text().min(1).max(255).optional(),
    outcome: outcome().optional(),
    from: moment().optional(),
    to: moment().optional(),
  })

/** An address in the form in which it is on record: IPv6 as RFC 5952 has it. */
const address = () =>
  z
    .union([z.ipv4(), z.ipv6()])
    .meta({ examples: ['203.0.113.7'] })
    .transform((value) => ipaddr.parse(value).toString())

/** @throws AppError invalid if two customers are named */
function filterOf({
  customer_uid,
  customer = customer_uid,
  admin_id: adminId,
  api_key_id: apiKeyId,
  ...filter
}: z.output<ReturnType<typeof auditFilter>>): AuditFilter {
  if (customer_uid !== undefined && customer !== customer_uid)
    throw invalidField('customer', 'is another than customer_uid')
  return { ...filter, customer, adminId, apiKeyId }
}

const auditQuery = () => pageQuery().extend(auditFilter().shape)

const exportQuery = () =>
  z.object({
    after_seq: digits().optional(),
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

const NDJSON = 'application/x-ndjson'

const RETRIEVED = 'Audit entries retrieved successfully'

/** `/admin/audit`: the trail, for those who watch over it. */
export const auditRoutes = new Hono<AdminEnv>()
  .get(
    '/audit',
    describes(() => ({
      summary: 'List audit entries, newest first',
      description:
        'An outcome other than unknown and pending finds the entry that completed the act. With several filters a page may be short and still have a next_cursor.',
      answers: { 200: adminPage(RETRIEVED, listedEntry()) },
    })),
    requiresToRead('audit:read'),
    query(auditQuery),
    async (c) => {
      const { page, per_page, cursor, ...filter } = c.req.valid('query')
      const { items, ...position } = await listEntries(
        c.var.reader,
        filterOf(filter),
        pageRequest({ page, per_page, cursor }, ['string', 'number']),
        c.var.now(),
      )
      return c.json({
        message: RETRIEVED,
        data: items,
        meta: positionOf(position),
      })
    },
  )
  .get(
    '/audit/export',
    describes(() => ({
      summary: 'Get audit entries as they are exported, one a line',
      description: 'At most 100,000: go on with after_seq set to the last seq until nothing comes.',
      answers: { 200: { mediaType: NDJSON, schema: textValue('{"seq":1,"v":1}') } },
    })),
    requiresToRead('audit:read'),
    streams(),
    query(exportQuery),
    async (c) => {
      const { reader, facts } = c.var
      facts.rows = 0
      const stream = await entryStream(reader, c.req.valid('query').after_seq ?? 0, (rows) => {
        facts.rows = (facts.rows ?? 0) + rows
      })
      return c.body(stream, 200, { 'Content-Type': NDJSON })
    },
  )
  .get(
    '/audit/:id{aud_\\w+}',
    describes(() => ({
      summary: 'Get the entries of one act',
      answers: { 200: adminAnswer(RETRIEVED, z.array(listedEntry())) },
      errors: ['audit_entry_unknown'],
    })),
    requiresToRead('audit:read', 'audit_entry'),
    async (c) => {
      const entries = await getEntries(c.var.reader, c.req.param('id'), c.var.now())
      return c.json({ message: RETRIEVED, data: entries })
    },
  )
