import { Hono } from 'hono'
import * as z from 'zod'
import { describing } from '../http/annotations.ts'
import { jsonAnswer } from '../http/answers.ts'
import type { AppEnv } from '../http/context.ts'
import { isPublic } from '../http/declared.ts'
import { countValue } from '../http/fields/values.ts'
import { HEADERS } from '../http/headers.ts'
import { storesOf } from '../http/stores.ts'
import { OPERATIONS } from '../openapi/docs.routes.ts'
import { readinessOf } from './readiness.service.ts'

/** Seconds after which a client may ask again. */
const RETRY_AFTER_SECONDS = 5

const check = () => z.enum(['ok', 'failed'])

const readiness = () =>
  z.object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({ d1: check(), kv: check(), queue: check(), keys: check() }),
    unknown_outcomes: countValue()
      .nullable()
      .meta({
        description:
          'Acts on record that have had no outcome for a minute, up to 1,000; null if nobody can tell now.',
        examples: [0],
      }),
  })

const ALIVE = jsonAnswer(200, () => z.object({ status: z.literal('ok') }))
const READY = jsonAnswer(200, readiness)
const NOT_READY = jsonAnswer(503, readiness)

const describes = describing(OPERATIONS)

/** `/health` and `/health/ready`: liveness of the Worker, and readiness of what it depends on. */
export const healthRoutes = new Hono<AppEnv>()
  .get(
    '/health',
    describes(() => ({
      id: 'getHealth',
      summary: 'Tell that the service is alive',
      description: 'Asks nothing of any other part: for a check that is made every second.',
      answers: [ALIVE],
    })),
    isPublic(),
    (c) => ALIVE.of(c, { status: 'ok' }),
  )
  .get(
    '/health/ready',
    describes(() => ({
      id: 'getReadiness',
      summary: 'Tell whether the service and all it depends on can be used',
      description:
        'Asks each part for something that changes nothing. A part that takes longer than three seconds has failed.',
      answers: [READY, NOT_READY],
    })),
    isPublic(),
    async (c) => {
      const { checks, unknownOutcomes } = await readinessOf(storesOf(c), c.var.now())
      const isReady = Object.values(checks).every((result) => result === 'ok')
      if (!isReady) c.header(HEADERS.RETRY_AFTER, `${RETRY_AFTER_SECONDS}`)
      const told = { checks, unknown_outcomes: unknownOutcomes }
      return isReady
        ? READY.of(c, { status: 'ready', ...told })
        : NOT_READY.of(c, { status: 'not_ready', ...told })
    },
  )
