import type { Context } from 'hono'
import type { RequestFacts } from '../context.ts'
import { textValue } from '../fields/values.ts'

/** The formats of an export. */
export const EXPORT_FORMATS = ['ndjson', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const MEDIA_TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv' }
const PARAMETERS = { ndjson: '', csv: '; charset=utf-8; header=present' }

/** Returns an answer that is a file of this name in the requested format, with an example of each. */
export const fileAnswer = (name: string, examples: Record<ExportFormat, string>) => ({
  status: 200,
  media: () =>
    EXPORT_FORMATS.map((format) => ({
      mediaType: MEDIA_TYPES[format],
      schema: textValue(examples[format]),
    })),
  of: (c: Context, format: ExportFormat, stream: ReadableStream<Uint8Array>) =>
    c.body(stream, 200, {
      'Content-Type': MEDIA_TYPES[format] + PARAMETERS[format],
      'Content-Disposition': `attachment; filename="${name}.${format}"`,
    }),
})

/** Returns a function that counts the rows sent, for the record of the request. */
export function rowCounter(facts: RequestFacts): (rows: number) => void {
  facts.rows = 0
  return (rows) => {
    facts.rows = (facts.rows ?? 0) + rows
  }
}
