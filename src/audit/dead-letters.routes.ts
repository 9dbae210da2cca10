import { Hono } from 'hono'
import * as z from 'zod'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires, requiresToRead } from '../auth/requires.ts'
import { once } from '../base/once.ts'
import { describes } from '../http/annotations.ts'
import { positionOf } from '../http/envelopes.ts'
import { pageQuery } from '../http/pagination.ts'
import { adminAnswer, adminPage, countValue, textValue, timeValue } from '../http/schemas.ts'
import { query } from '../http/validation.ts'
import { listDeadLetters, replayDeadLetter } from './dead-letters.service.ts'

const deadLetterObject = once(() =>
  z
    .object({
      id: textValue('dlq_0b2f4a9d1c3e5f708192a3b4c5d6e7f8'),
      reason: textValue('unreadable: actor.admin_id invalid_type'),
      attempts: countValue(),
      body: z.unknown().meta({ description: 'The message as it came.', examples: [{ v: 1 }] }),
      sent_at: timeValue(),
      received_at: timeValue(),
      replayed_at: timeValue().nullable(),
      appended_at: timeValue()
        .nullable()
        .meta({ description: 'When its entry was seen in the trail: from then on it cannot be replayed.' }),
    })
    .meta({ id: 'DeadLetter' }),
)

const RETRIEVED = 'Dead letters retrieved successfully'
const REPLAYED = 'Dead letter replayed successfully'

/** `/admin/audit/dead_letters`: messages that did not make it into the trail. */
export const deadLettersRoutes = new Hono<AdminEnv>()
  .get(
    '/audit/dead_letters',
    describes(() => ({
      summary: 'List audit messages that could not be read or stored',
      description: 'Returns them as they came, the newest first. The look is on record.',
      answers: { 200: adminPage(RETRIEVED, deadLetterObject()) },
    })),
    requiresToRead('audit:replay'),
    query(pageQuery),
    async (c) => {
      const { items, ...position } = await listDeadLetters(c.var.reader, c.req.valid('query'))
      return c.json({ message: RETRIEVED, data: items, meta: positionOf(position) })
    },
  )
  .post(
    '/audit/dead_letters/:id/replay',
    describes(() => ({
      summary: 'Send a dead letter to the audit queue again',
      description:
        'What still cannot be read comes back. One whose entry is in the trail is refused, so that nothing is there twice.',
      answers: { 200: adminAnswer(REPLAYED, deadLetterObject()) },
      errors: ['dead_letter_unknown', 'dead_letter_appended'],
    })),
    requires('audit:replay', 'dead_letter'),
    async (c) => {
      const stores = { db: c.var.db, queue: c.env.AUDIT_QUEUE }
      const letter = await replayDeadLetter(stores, c.req.param('id'), c.var.now())
      return c.json({ message: REPLAYED, data: letter })
    },
  )
