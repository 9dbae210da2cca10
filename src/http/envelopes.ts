import type { AppError } from '../errors.ts'
import type { Page } from './pagination.ts'

/** Returns the body of a refusal in the form of a surface. */
export type Envelope = (error: AppError, requestId: string) => Record<string, unknown>

/** The refusals of the admin surface: `{message, code, errors?, request_id}`. */
export const adminEnvelope: Envelope = (error, requestId) => ({
  message: error.message,
  code: error.code,
  ...(error.fields && { errors: error.fields }),
  ...error.details,
  request_id: requestId,
})

/** The refusals of the customer surface: `{status: 'error', error, code, errors?, request_id}`. */
export const customerEnvelope: Envelope = (error, requestId) => ({
  status: 'error',
  error: error.message,
  code: error.code,
  ...(error.fields && { errors: error.fields }),
  ...error.details,
  request_id: requestId,
})

/** Returns the position of a page: `{page, per_page, total, total_pages, next_cursor}`. */
export function positionOf({ page, perPage, total, nextCursor }: Omit<Page<unknown>, 'items'>) {
  return {
    page,
    per_page: perPage,
    total,
    total_pages: total === null ? null : Math.ceil(total / perPage),
    next_cursor: nextCursor,
  }
}

/** Returns a moment as RFC 3339 in UTC with milliseconds; null for null. */
export const timestamp = <Moment extends number | null>(moment: Moment) =>
  (moment === null ? null : new Date(moment).toISOString()) as Moment extends number ? string : string | null
