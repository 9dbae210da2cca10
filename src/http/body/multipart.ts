import { Buffer } from 'node:buffer'
import { fromExactUtf8 } from '../../base/encoding.ts'
import { fileTypeOf } from './files.ts'
import type { FormEntry } from './form.ts'

/** RFC 2046, section 5.1.1 */
const MAX_BOUNDARY_LENGTH = 70

/** Above what any client writes; the headers of a part are parsed by patterns. */
const MAX_HEADERS_LENGTH = 8 * 1024

/** `; name=value` or `; name="value"` (RFC 2045, section 5.1), or a lone `;`, each where the one before ends. */
const PARAMETER = /;[ \t]*(?:([^\s;="]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"[ \t]*|([^;"]*)))?/gy

/** A part of a multipart form. */
interface FormPart {
  name: string | undefined
  /** Undefined if it is no file. */
  filename: string | undefined
  /** The media type it claims to have, in lower case, without parameters; empty if none. */
  mediaType: string
  /** A view of the body, not a copy. */
  content: Uint8Array
}

/**
 * Parses a multipart form. A file without a name is ignored.
 * @throws Error if it is malformed, ends early, or has text that is not UTF-8
 */
export const multipartEntries = (bytes: Uint8Array, contentType: string): FormEntry[] =>
  [...multipartParts(bytes, contentType)].flatMap(entryOf)

function entryOf({ name, filename, mediaType, content }: FormPart): FormEntry[] {
  if (name === undefined) return []
  return [[name, filename === undefined ? fromExactUtf8(content) : { filename, mediaType, bytes: content }]]
}

/**
 * Yields the parts of a multipart form (RFC 7578) as clients write it: names quoted or not, types and names in any
 * case, lines that end with LF alone. Text before the first boundary and after the last is ignored.
 * @throws Error if it is malformed or ends early
 */
export function* multipartParts(bytes: Uint8Array, contentType: string): Generator<FormPart> {
  const boundary = parametersOf(contentType).get('boundary') ?? ''
  if (boundary === '' || boundary.length > MAX_BOUNDARY_LENGTH) throw new Error('no boundary')
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let start: number | undefined
  for (const delimiter of delimiters(body, `--${boundary}`)) {
    if (start !== undefined) yield partOf(body.subarray(start, delimiter.start))
    if (delimiter.isLast) return
    start = delimiter.end
  }
  throw new Error('no last boundary')
}

/** Yields the start and end of each delimiter line, with the line end before it. */
function* delimiters(body: Buffer, dashed: string) {
  let found = body.indexOf(dashed)
  while (found !== -1) {
    const after = found + dashed.length
    const isLine = found === 0 || body[found - 1] === LF
    const isLast = body[after] === DASH && body[after + 1] === DASH
    const end = lineEnd(body, after)
    if (isLine && (isLast || end !== undefined)) {
      const start = found - (found === 0 ? 0 : body[found - 2] === CR ? 2 : 1)
      yield { start, end: end ?? after, isLast }
    }
    found = body.indexOf(dashed, after)
  }
}

const [LF, CR, DASH, SPACE, TAB] = [0x0a, 0x0d, 0x2d, 0x20, 0x09]

/** Returns the start of the next line; undefined unless only blanks come before it. */
function lineEnd(body: Buffer, from: number): number | undefined {
  let at = from
  while (body[at] === SPACE || body[at] === TAB) at++
  if (body[at] === CR) at++
  return body[at] === LF ? at + 1 : undefined
}

function partOf(bytes: Buffer): FormPart {
  const { headers, content } = divided(bytes)
  const disposition = headers.get('content-disposition') ?? ''
  const parameters = parametersOf(disposition)
  if (!/^form-data[ \t]*(;|$)/i.test(disposition)) throw new Error('a part that is no form data')
  if (!/^(7bit|8bit|binary)?$/i.test(headers.get('content-transfer-encoding') ?? ''))
    throw new Error('a part that is encoded')
  const name = parameters.get('name')
  const mediaType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  // A file of rows may come without a name: curl has it so for `-F 'file=<rows.csv;type=text/csv'`.
  const noName = fileTypeOf(mediaType) === undefined ? undefined : ''
  const filename = parameters.get('filename') ?? parameters.get('filename*') ?? noName
  if (name === undefined && filename === undefined) throw new Error('a part without a name')
  return { name: name === undefined ? name : fieldName(name), filename, mediaType, content }
}

function divided(part: Buffer) {
  // Without headers a part begins with the empty line.
  const text = part.subarray(0, MAX_HEADERS_LENGTH)
  const ends = [text.indexOf('\r\n\r\n'), text.indexOf('\n\n')].filter((end) => end !== -1)
  const end = Math.min(...ends)
  if (!Number.isFinite(end)) throw new Error('a part without an end of its headers')
  // A line that begins with a blank goes on with the one before (RFC 5322, section 2.2.3).
  const lines = fromExactUtf8(part.subarray(0, end))
    .replace(/\r?\n[ \t]/g, ' ')
    .split('\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
  })
  return {
    headers: new Map(headers),
    content: part.subarray(end + (part[end] === CR ? 4 : 2)),
  }
}

/**
 * Returns the parameters of a header value, by their names in lower case.
 * @throws Error if they are malformed
 */
function parametersOf(value: string): Map<string, string> {
  const parameters = new Map<string, string>()
  const start = value.indexOf(';')
  const text = start === -1 ? '' : value.slice(start)
  let end = 0
  for (const match of text.matchAll(PARAMETER)) {
    const [whole, name, quoted, token = ''] = match
    if (name !== undefined)
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(["\\])/g, '$1') ?? token.trim())
    end = match.index + whole.length
  }
  if (end !== text.length) throw new Error('malformed parameters')
  return parameters
}

const ESCAPES: Record<string, string> = { '%22': '"', '%0D': '\r', '%0A': '\n' }

/**
 * Returns the name of a field. Browsers escape three characters
 * (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data); .NET encodes names
 * that are not ASCII by RFC 2047.
 */
function fieldName(name: string): string {
  const [, encoded] = /^=\?utf-8\?B\?([\w+/=]*)\?=$/i.exec(name) ?? []
  if (encoded !== undefined) return fromExactUtf8(Buffer.from(encoded, 'base64'))
  return name.replace(/%(?:22|0D|0A)/gi, (sign) => ESCAPES[sign.toUpperCase()] ?? sign)
}
