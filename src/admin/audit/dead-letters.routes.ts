import { Hono } from 'hono'
import * as z from 'zod'
import { listDeadLetters, replayDeadLetter } from '../../audit/trail/dead-letters.service.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requires, requiresToRead } from '../../auth/requires.ts'
import { once } from '../../base/once.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { countValue, textValue, timeValue } from '../../http/fields/values.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { query } from '../../http/validation.ts'
import { AUDIT } from './audit.routes.ts'

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

const RETRIEVED = adminPage('Dead letters retrieved successfully', deadLetterObject)
const REPLAYED = adminAnswer(200, 'Dead letter replayed successfully', deadLetterObject)

const describes = describing(AUDIT)

/** `/admin/audit/dead_letters`: messages that could not be appended to the trail. */
export const deadLettersRoutes = new Hono<AdminEnv>()
  .get(
    '/audit/dead_letters',
    describes(() => ({
      id: 'listDeadLetters',
      summary: 'List audit messages that could not be read or stored',
      description: 'Returns them as they came, the newest first. The look is on record.',
      answers: [RETRIEVED],
    })),
    requiresToRead('audit:replay'),
    query(pageQuery),
    async (c) => {
      const found = await listDeadLetters(c.var.reader, c.req.valid('query'))
      return RETRIEVED.of(c, found)
    },
  )
  .post(
    '/audit/dead_letters/:id/replay',
    describes(() => ({
      id: 'replayDeadLetter',
      parameters: { id: { description: 'The id of a dead letter.' } },
      summary: 'Send a dead letter to the audit queue again',
      description:
        'What still cannot be read comes back. One whose entry is in the trail is refused, so that nothing is there twice.',
      answers: [REPLAYED],
      errors: ['dead_letter_unknown', 'dead_letter_appended'],
    })),
    requires('audit:replay'),
    async (c) => {
      const letter = await replayDeadLetter(storesOf(c), c.req.param('id'), c.var.now())
      return REPLAYED.of(c, letter)
    },
  )
