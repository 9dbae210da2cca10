import type { MiddlewareHandler } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../env.ts'
import { AppError } from '../errors.ts'
import { annotated } from './annotations.ts'
import { BULK_BODY_LIMIT_BYTES, mediaTypeOf, parsedBody, rawBody } from './body.ts'
import { rowsOfCsv } from './csv.ts'
import { once } from './once.ts'
import { rowsOfArray, rowsOfLines, type SentRow } from './rows.ts'
import { textValue } from './schemas.ts'
import { BODY_ERRORS, type Validated, validate } from './validation.ts'

interface BulkBody {
  /** Where JSON and forms have the rows. */
  name: string
  /** The columns of which a CSV file must have one, for its rows to be about something. */
  identifying: readonly string[]
  /** Files for the OpenAPI document. */
  examples: { ndjson: string; csv: string }
}

type BulkValidator<Schema extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { json: Record<string, z.input<Schema>[]> }; out: { json: { rows: Validated<z.output<Schema>>[] } } }
>

/**
 * Takes many rows at once, as JSON or a form (`{<name>: [...]}`), NDJSON or CSV, and validates each by itself:
 * `c.req.valid('json').rows` has them all, in order.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large, too_many_rows, invalid if there are no rows
 */
export function bulkBody<Schema extends z.ZodType<object>>(
  schema: () => Schema,
  body: BulkBody,
): BulkValidator<Schema> {
  const made = once(schema)
  const annotation = {
    body: () => z.object({ [body.name]: z.array(made()) }),
    otherBodies: () => [
      { mediaType: 'application/x-ndjson', schema: textValue(body.examples.ndjson) },
      { mediaType: 'text/csv', schema: textValue(body.examples.csv) },
    ],
    bodyLimit: BULK_BODY_LIMIT_BYTES,
    errors: [...BODY_ERRORS, 'too_many_rows'] as const,
  }
  return annotated<BulkValidator<Schema>>(annotation, async (c, next) => {
    const sent = await sentRows(c.req.raw, body)
    const rows: Validated<z.output<Schema>>[] = sent.map((row) =>
      row.fields ? row : validate(made(), row.sent),
    )
    c.req.addValidatedData('json', { rows })
    await next()
  })
}

async function sentRows(request: Request, { name, identifying }: BulkBody): Promise<SentRow[]> {
  const bytes = await rawBody(request, BULK_BODY_LIMIT_BYTES)
  switch (mediaTypeOf(request)) {
    case 'text/csv':
      return rowsOfCsv(bytes, identifying)
    case 'application/x-ndjson':
    case 'application/jsonl':
      return rowsOfLines(bytes)
    default:
      return rowsOfArray(await formOrJson(request), name)
  }
}

async function formOrJson(request: Request): Promise<Record<string, unknown>> {
  try {
    return await parsedBody(request)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unsupported_media_type') throw error
    throw new AppError('unsupported_media_type', { message: 'Send JSON, NDJSON, CSV or a form' })
  }
}
