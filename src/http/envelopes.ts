import type { AppError } from '../errors.ts'
import type { Page } from './pagination.ts'

/** How a surface words its refusals. */
export type Envelope = (error: AppError, requestId: string) => Record<string, unknown>

/** `{message, code, errors?, request_id}`: the admin surface. */
export const adminEnvelope: Envelope = (error, requestId) => ({
  message: error.message,
  code: error.code,
  ...(error.fields && { errors: error.fields }),
  ...error.details,
  request_id: requestId,
})

/** `{status: 'error', error, code, errors?, request_id}`: the customer surface. */
export const customerEnvelope: Envelope = (error, requestId) => ({
  status: 'error',
  error: error.message,
  code: error.code,
  ...(error.fields && { errors: error.fields }),
  ...error.details,
  request_id: requestId,
})

/** `{page, per_page, total, total_pages, next_cursor}`: where a page stands in its collection. */
export function positionOf({ page, perPage, total, nextCursor }: Omit<Page<unknown>, 'items'>) {
  return {
    page,
    per_page: perPage,
    total,
    total_pages: total === null ? null : Math.ceil(total / perPage),
    next_cursor: nextCursor,
  }
}

/** RFC 3339 in UTC with milliseconds, or null. */
export const timestamp = <Moment extends number | null>(moment: Moment) =>
  (moment === null ? null : new Date(moment).toISOString()) as Moment extends number ? string : string | null
