import { AppError, FIELD_TEXT, invalidField } from '../../errors.ts'
import type { Form, FormFile } from './form.ts'

/** The format of a file of rows. */
export type FileKind = 'csv' | 'lines' | 'json'

const FILE_KINDS = new Map<string, FileKind>([
  ['text/csv', 'csv'],
  ['application/x-ndjson', 'lines'],
  ['application/jsonl', 'lines'],
])

/** Formats by file extension: the type that a client gives a file can be that of the program that opens it. */
const FILE_KINDS_BY_EXTENSION = new Map<string, FileKind>([
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['txt', 'csv'],
  ['ndjson', 'lines'],
  ['jsonl', 'lines'],
  ['json', 'json'],
])

/** Returns the format of a media type; undefined if it holds no rows. */
export const fileTypeOf = (mediaType: string) => FILE_KINDS.get(mediaType)

/**
 * Returns the one file of a form, ignoring parts that nobody asks for; undefined if there is none, or none was
 * chosen.
 */
export function fileOf({ entries }: Form): FormFile | undefined {
  const files = entries
    .flatMap(([name, value]) => (name === 'file' && typeof value !== 'string' ? [value] : []))
    .filter(({ filename, bytes }) => filename !== '' || bytes.length > 0)
  if (files.length > 1) throw invalidField('file', FIELD_TEXT.invalid)
  const [other] = entries.find(([, value]) => typeof value === 'string') ?? []
  if (files.length > 0 && other !== undefined) throw invalidField(other, FIELD_TEXT.unexpected)
  return files[0]
}

/** Returns the format of a file in a form. @throws AppError unsupported_media_type */
export function fileKindOf({ filename, mediaType }: FormFile): FileKind {
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()
  const kind = FILE_KINDS_BY_EXTENSION.get(extension) ?? fileTypeOf(mediaType)
  if (!kind) throw new AppError('unsupported_media_type', { message: 'The file is no CSV, NDJSON or JSON' })
  return kind
}
