import { Hono } from 'hono'
import * as z from 'zod'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { describes } from '../http/annotations.ts'
import { positionOf } from '../http/envelopes.ts'
import { uid } from '../http/fields.ts'
import { pageQuery, pageRequest } from '../http/pagination.ts'
import { adminAnswer, adminPage } from '../http/schemas.ts'
import { query } from '../http/validation.ts'
import { getEntries, listEntries } from './audit.service.ts'
import { entryObject } from './entry.ts'

const auditQuery = pageQuery.extend({
  customer: uid().optional(),
  admin_id: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
  api_key_id: z
    .string()
    .regex(/^key_\w{22}$/)
    .optional(),
})

const RETRIEVED = 'Audit entries retrieved successfully'

/** `/admin/audit`: the trail, for those who watch over it. */
export const auditRoutes = new Hono<AdminEnv>()
  .get(
    '/audit',
    describes({ summary: 'List audit entries', answers: { 200: adminPage(RETRIEVED, entryObject) } }),
    requires('audit:read'),
    query(auditQuery),
    async (c) => {
      const { customer, admin_id: adminId, api_key_id: apiKeyId, ...paging } = c.req.valid('query')
      const page = pageRequest(paging, ['number'])
      const { items, ...position } = await listEntries(c.var.db, { customer, adminId, apiKeyId }, page)
      return c.json({
        message: RETRIEVED,
        data: items,
        meta: positionOf(position),
      })
    },
  )
  .get(
    '/audit/:id',
    describes({
      summary: 'Get the entries of one act',
      answers: { 200: adminAnswer(RETRIEVED, z.array(entryObject)) },
      errors: ['audit_entry_unknown'],
    }),
    requires('audit:read', 'audit_entry'),
    async (c) => {
      const entries = await getEntries(c.var.db, c.req.param('id'))
      return c.json({ message: RETRIEVED, data: entries })
    },
  )
