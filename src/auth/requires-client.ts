import type { MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import type { OperationParts } from '../http/annotations.ts'
import { declares } from '../http/declared.ts'
import type { AdminEnv } from './callers/staff-caller.ts'
import { noteActor, ON_RECORD, onRecord } from './on-record.ts'

const operation = (): OperationParts => ({
  // A key is no client.
  errors: ['scope_insufficient', ...ON_RECORD.errors],
  security: [['client'], ['page']],
  answerHeaders: ON_RECORD.answerHeaders,
})

/**
 * Declares that a registered client may call without anybody being logged in, and a page of ours in a browser, which
 * needs no client. What comes of it is on record before the answer leaves.
 */
export function requiresClient(): MiddlewareHandler<AdminEnv> {
  return declares({ kind: 'client' }, operation, (c, next) => {
    const authorize = async () => {
      const { actor } = await c.var.authority.verify()
      if (actor?.via !== 'api_key') return
      noteActor(c, actor)
      throw new AppError('scope_insufficient')
    }
    return onRecord(c, { recording: 'read', authorize, ridesAlong: false }, next)
  })
}
