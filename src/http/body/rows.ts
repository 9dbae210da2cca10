import { Buffer } from 'node:buffer'
import { fromExactUtf8 } from '../../base/encoding.ts'
import { AppError, FIELD_TEXT, type FieldErrors, invalidField } from '../../errors.ts'
import { parseJson } from './json.ts'
import { asObject } from './parse.ts'

/** The most rows of one request. */
export const MAX_ROWS = 10_000

/** A row as sent: an object, or the errors of the row itself. */
export type SentRow =
  | { sent: Record<string, unknown>; fields?: undefined }
  | { sent?: undefined; fields: FieldErrors }

/** A row that cannot be parsed. */
export const unreadableRow = (text: string): SentRow => ({ fields: { row: [text] } })

export const NOT_UTF8 = unreadableRow('is not UTF-8')

/** The text of a file that may be UTF-8 in parts only: one bad row is no reason to refuse all. */
export interface FileText {
  /** The text to split into parts. If it is not UTF-8 throughout, each byte is one character. */
  text: string
  /** Decodes a part; undefined if it is not UTF-8. */
  decode: (part: string) => string | undefined
}

/** @throws AppError malformed_body if the file is UTF-16, as its first bytes tell */
export function fileText(file: Uint8Array): FileText {
  if ((file[0] === 0xff && file[1] === 0xfe) || (file[0] === 0xfe && file[1] === 0xff))
    throw new AppError('malformed_body', { message: 'The file is UTF-16: save it as UTF-8' })
  const hasMark = file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf
  const bytes = hasMark ? file.subarray(3) : file
  const text = utf8Text(bytes)
  if (text !== undefined) return { text, decode: (part) => part }
  return { text: latin1(bytes), decode: (part) => utf8Text(Buffer.from(part, 'latin1')) }
}

const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return fromExactUtf8(bytes)
  } catch {
    return undefined
  }
}

/** Yields the rows, up to the most of one request. @throws AppError too_many_rows */
export function* limitedRows(rows: Iterable<SentRow>): Generator<SentRow> {
  let count = 0
  for (const row of rows) {
    if (++count > MAX_ROWS) throw new AppError('too_many_rows')
    yield row
  }
}

/** Returns the rows of the array under `name`. @throws AppError invalid if there is none, too_many_rows */
export function rowsOfArray(body: Record<string, unknown>, name: string): SentRow[] {
  const array = body[name] ?? undefined
  if (!Array.isArray(array))
    throw invalidField(name, array === undefined ? FIELD_TEXT.blank : FIELD_TEXT.invalid)
  if (array.length > MAX_ROWS) throw new AppError('too_many_rows')
  return array.map(objectRow)
}

/** Yields the rows of NDJSON: one object a line, empty lines ignored. @throws AppError malformed_body */
export function* rowsOfLines(bytes: Uint8Array): Generator<SentRow> {
  const { text, decode } = fileText(bytes)
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = decode(text.slice(start, end))?.trim()
    start = end + 1
    if (line !== '') yield line === undefined ? NOT_UTF8 : lineRow(line)
  }
}

function lineRow(line: string): SentRow {
  try {
    return objectRow(parseJson(line))
  } catch (error) {
    return unreadableRow(
      error instanceof AppError ? 'holds too many values' : 'is not JSON, or names a member twice',
    )
  }
}

function objectRow(value: unknown): SentRow {
  try {
    return { sent: asObject(value) }
  } catch {
    return unreadableRow('is not an object')
  }
}
