import type { MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { once } from '../../base/once.ts'
import { AppError, FIELD_TEXT, invalidField } from '../../errors.ts'
import { annotated } from '../annotations.ts'
import type { AppEnv } from '../context.ts'
import { textValue } from '../fields/values.ts'
import { BODY_ERRORS, type Validated, validate, validQuery } from '../validation.ts'
import { BULK_BODY_LIMIT_BYTES, unpackedBody } from './bytes.ts'
import { type CsvOptions, rowsOfCsv } from './csv.ts'
import { type FileKind, fileKindOf, fileOf, fileTypeOf } from './files.ts'
import { Form } from './form.ts'
import { readInput } from './input.ts'
import { asObject, jsonFile, mediaTypeOf, parsedBody } from './parse.ts'
import { limitedRows, MAX_ROWS, rowsOfArray, rowsOfLines, type SentRow } from './rows.ts'
import { shapeOf } from './shape.ts'

/** The most fields with errors in one row: 10,000 invalid rows make an answer too. */
const MAX_ROW_FIELDS = 20

interface BulkBody {
  /** The member that holds the rows in JSON and forms. */
  name: string
  /** Columns of which a CSV file must have at least one, to identify its rows. */
  identifying: readonly string[]
  /** Example files for the OpenAPI document. */
  examples: { ndjson: string; csv: string }
}

type BulkValidator<Schema extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  {
    in: { json: Record<string, z.input<Schema>[]>; query: z.input<ReturnType<typeof fileQuery>> }
    out: { json: { rows: Validated<z.output<Schema>>[] } }
  }
>

const fileQuery = () =>
  z.strictObject({
    unknown_columns: z
      .enum(['ignore', 'fields'])
      .optional()
      .meta({
        description:
          'What becomes of columns of a CSV file that are not known: they are passed over, or members of `fields`. Without it they are refused.',
        examples: ['fields'],
      }),
  })

/**
 * Takes many rows as JSON or a form (`{<name>: [...]}`), NDJSON or CSV, also as the part `file` of a form, and
 * validates each by itself: `c.req.valid('json').rows` holds them in order.
 */
export function bulkBody<Schema extends z.ZodType<object>>(
  schema: () => Schema,
  body: BulkBody,
): BulkValidator<Schema> {
  const row = once(schema)
  const whole = once(() => z.strictObject({ [body.name]: z.array(row()).max(MAX_ROWS) }))
  const queried = once(fileQuery)
  const annotation = {
    body: whole,
    otherBodies: () => [
      { mediaType: 'application/x-ndjson', schema: textValue(body.examples.ndjson) },
      { mediaType: 'text/csv', schema: textValue(body.examples.csv) },
    ],
    query: queried,
    bodyLimit: BULK_BODY_LIMIT_BYTES,
    operation: () => ({ errors: [...BODY_ERRORS, 'too_many_rows'] as const }),
  }
  return annotated<BulkValidator<Schema>>(annotation, async (c, next) => {
    const { unknown_columns: unknown } = validQuery(c, queried())
    const { identifying } = body
    const sent = await sentRows(c.req.raw, whole(), body.name, {
      known: columnsOf(row()),
      identifying,
      unknown,
    })
    const rows = Array.from(
      limitedRows(sent),
      (sentRow): Validated<z.output<Schema>> =>
        sentRow.fields ? sentRow : validate(row(), readInput(row(), sentRow.sent), MAX_ROW_FIELDS),
    )
    c.req.addValidatedData('json', { rows })
    await next()
  })
}

/** Returns the columns that a file may have: the members of a row. */
function columnsOf(row: z.ZodType): readonly string[] {
  const shape = shapeOf(row)
  return shape.kind === 'object' ? Object.keys(shape.members) : []
}

async function sentRows(
  request: Request,
  whole: z.ZodType,
  name: string,
  options: CsvOptions,
): Promise<Iterable<SentRow>> {
  const bytes = await unpackedBody(request, BULK_BODY_LIMIT_BYTES)
  const kind = fileTypeOf(mediaTypeOf(request))
  if (kind) return rowsOfFile(kind, bytes, name, options)
  const parsed = await formOrJson(request)
  const file = parsed instanceof Form ? fileOf(parsed) : undefined
  if (file) return rowsOfFile(fileKindOf(file), file.bytes, name, options)
  refuseForOtherFiles(options)
  return rowsOf(asObject(readInput(whole, parsed)), name)
}

function rowsOfFile(kind: FileKind, bytes: Uint8Array, name: string, options: CsvOptions): Iterable<SentRow> {
  if (kind === 'csv') return rowsOfCsv(bytes, options)
  refuseForOtherFiles(options)
  return kind === 'lines' ? rowsOfLines(bytes) : rowsOf(jsonFile(bytes), name)
}

function refuseForOtherFiles({ unknown }: CsvOptions): void {
  if (unknown !== undefined) throw invalidField('unknown_columns', 'goes with CSV only')
}

function rowsOf(body: Record<string, unknown>, name: string): SentRow[] {
  const [other] = Object.keys(body).filter((member) => member !== name)
  if (other !== undefined) throw invalidField(other, FIELD_TEXT.unexpected)
  return rowsOfArray(body, name)
}

async function formOrJson(request: Request): Promise<unknown> {
  try {
    return await parsedBody(request)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unsupported_media_type') throw error
    throw new AppError('unsupported_media_type', { message: 'Send JSON, NDJSON, CSV or a form' })
  }
}
