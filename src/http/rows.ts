import { fromUtf8 } from '../crypto/encoding.ts'
import { AppError, FIELD_TEXT, type FieldErrors, invalidField } from '../errors.ts'
import { asObject } from './body.ts'

/** The most rows that one request may bring. */
const MAX_ROWS = 10_000

/** What stands for bytes that are not UTF-8. */
const REPLACEMENT = '\u{FFFD}'

/** What was sent as one row: an object, or what is wrong with the row as such. */
export type SentRow =
  | { sent: Record<string, unknown>; fields?: undefined }
  | { sent?: undefined; fields: FieldErrors }

/** A row that cannot be read at all. */
export const unreadableRow = (text: string): SentRow => ({ fields: { row: [text] } })

export const NOT_UTF8 = unreadableRow('is not UTF-8')

/** The text of a file, and whether a part of it lost bytes that are not UTF-8: one bad row is no reason to refuse all. */
export function decodedFile(bytes: Uint8Array): { text: string; isDamaged: (part: string) => boolean } {
  try {
    return { text: fromUtf8(bytes), isDamaged: () => false }
  } catch {
    return { text: new TextDecoder().decode(bytes), isDamaged: (part) => part.includes(REPLACEMENT) }
  }
}

/** Adds a row to those read so far. @throws AppError too_many_rows */
export function addRow(rows: SentRow[], row: SentRow): void {
  if (rows.length === MAX_ROWS) throw new AppError('too_many_rows')
  rows.push(row)
}

/** The rows of the array that a body has under `name`. @throws AppError invalid if there is none, too_many_rows */
export function rowsOfArray(body: Record<string, unknown>, name: string): SentRow[] {
  const array = body[name] ?? undefined
  if (!Array.isArray(array))
    throw invalidField(name, array === undefined ? FIELD_TEXT.blank : FIELD_TEXT.invalid)
  if (array.length > MAX_ROWS) throw new AppError('too_many_rows')
  return array.map(objectRow)
}

/** The rows of NDJSON: one object a line, empty lines aside. @throws AppError too_many_rows */
export function rowsOfLines(bytes: Uint8Array): SentRow[] {
  const { text, isDamaged } = decodedFile(bytes)
  const rows: SentRow[] = []
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(start, end).trim()
    start = end + 1
    if (line !== '') addRow(rows, isDamaged(line) ? NOT_UTF8 : lineRow(line))
  }
  return rows
}

function lineRow(line: string): SentRow {
  try {
    return objectRow(JSON.parse(line))
  } catch {
    return unreadableRow('is not valid JSON')
  }
}

function objectRow(value: unknown): SentRow {
  try {
    return { sent: asObject(value) }
  } catch {
    return unreadableRow('is not an object')
  }
}
