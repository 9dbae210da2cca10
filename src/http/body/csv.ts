import { AppError, FIELD_TEXT, invalidField } from '../../errors.ts'
import { undefused } from '../files/csv.ts'
import { type CsvRecord, csvRecords, MAX_COLUMNS } from './csv-records.ts'
import { parseJson } from './json.ts'
import { type FileText, fileText, NOT_UTF8, type SentRow, unreadableRow } from './rows.ts'

/** The prefix of columns whose cells are members of the object `fields`. */
const MEMBER_PREFIX = 'fields.'

const SEPARATORS = [',', ';', '\t']

export interface CsvOptions {
  /** The known columns. */
  known: readonly string[]
  /** Columns of which a file must have at least one, to identify its rows. */
  identifying: readonly string[]
  /** The treatment of unknown columns; undefined: the file is refused. */
  unknown: 'ignore' | 'fields' | undefined
}

/** A column: a member of the row, a member of its `fields`, or ignored. */
type Column = { name: string; kind: 'known' | 'member' | 'ignored' | 'unnamed' }

/**
 * Yields the rows of a CSV file whose first line names the columns. An empty cell is null.
 * @throws AppError invalid if the columns are not accepted, malformed_body if they cannot be read
 */
export function* rowsOfCsv(bytes: Uint8Array, options: CsvOptions): Generator<SentRow> {
  const file = fileText(bytes)
  const { separator, text } = separated(file.text, options)
  let columns: Column[] | undefined
  for (const record of csvRecords(text, separator)) {
    if (record.isBlank) continue
    if (columns) yield csvRow(columns, record, file)
    else columns = readColumns(headerCells(record, file), options)
  }
  if (!columns) throw new AppError('invalid', { fields: Object.fromEntries([missingColumn(options)]) })
}

/**
 * Returns the separator: the one of Excel's first line `sep=;`, or else the candidate that splits the header into
 * most cells, an identifying column among them.
 */
function separated(text: string, { identifying }: CsvOptions): { separator: string; text: string } {
  const [line, said] = /^"?sep=([,;\t])"?(?:[\r\n]+|$)/i.exec(text) ?? []
  if (said !== undefined) return { separator: said, text: text.slice(line?.length) }
  const headers = SEPARATORS.map((separator) => ({ separator, record: firstRecord(text, separator) }))
  const byWidth = headers.sort((a, b) => b.record.width - a.record.width)
  const names = ({ record }: (typeof headers)[number]) => record.cells.map((cell) => columnKey(cell.trim()))
  const fitting = byWidth.find((header) => identifying.some((name) => names(header).includes(name)))
  return { separator: (fitting ?? byWidth[0])?.separator ?? ',', text }
}

function firstRecord(text: string, separator: string): CsvRecord {
  for (const record of csvRecords(text, separator)) if (!record.isBlank) return record
  return { cells: [], width: 0, isBlank: true }
}

function headerCells({ cells, width, fault }: CsvRecord, file: FileText): string[] {
  if (fault) throw invalidField('columns', QUOTE_FAULTS[fault])
  if (width > MAX_COLUMNS) throw invalidField('columns', `are too many (maximum is ${MAX_COLUMNS})`)
  const names = cells.map((cell) => file.decode(cell))
  if (names.includes(undefined)) throw new AppError('malformed_body')
  return names.map((name = '') => name.trim())
}

/** A member's name is the customer's own; other names may be in any case, as spreadsheets have them. */
function columnKey(name: string): string {
  const start = name.slice(0, MEMBER_PREFIX.length).toLowerCase()
  return start === MEMBER_PREFIX ? start + name.slice(start.length) : name.toLowerCase()
}

function readColumns(names: string[], options: CsvOptions): Column[] {
  const columns = names.map((name) => columnOf(name, options))
  const faults = Object.fromEntries(faultsOfColumns(names, columns, options))
  if (Object.keys(faults).length > 0) throw new AppError('invalid', { fields: faults })
  return columns
}

function columnOf(name: string, { known, unknown }: CsvOptions): Column {
  const key = columnKey(name)
  if (known.includes(key)) return { name: key, kind: 'known' }
  if (key.startsWith(MEMBER_PREFIX)) return { name: key.slice(MEMBER_PREFIX.length), kind: 'member' }
  if (unknown === 'ignore') return { name, kind: 'ignored' }
  return { name, kind: name === '' ? 'unnamed' : 'member' }
}

/** Returns the errors of the columns, by their names as sent. */
function faultsOfColumns(names: string[], columns: Column[], options: CsvOptions): [string, string[]][] {
  const seen = new Set<string>()
  const faults: [string, string[]][] = []
  columns.forEach(({ kind, name }, i) => {
    if (kind !== 'known' && kind !== 'member') return
    const key = kind === 'member' ? MEMBER_PREFIX + name : name
    if (
      options.unknown === undefined &&
      kind === 'member' &&
      !columnKey(names[i] ?? '').startsWith(MEMBER_PREFIX)
    )
      faults.push([name, [FIELD_TEXT.unexpected]])
    else if (seen.has(key)) faults.push([key, ['is a column twice']])
    seen.add(key)
  })
  if (seen.has('fields') && columns.some(({ kind }) => kind === 'member'))
    faults.push(['fields', [`goes without columns that begin with ${MEMBER_PREFIX}`]])
  if (!options.identifying.some((name) => seen.has(name))) faults.push(missingColumn(options))
  return faults
}

const missingColumn = ({ identifying: [name = ''] }: CsvOptions): [string, string[]] => [
  name,
  ['is not among the columns'],
]

const QUOTE_FAULTS = {
  misplaced_quote: 'has a quote in the wrong place',
  open_quote: 'has a quote that is never closed',
}

function csvRow(columns: Column[], record: CsvRecord, file: FileText): SentRow {
  const cells = record.cells.map((cell) => file.decode(cell))
  if (cells.includes(undefined)) return NOT_UTF8
  if (record.fault) return unreadableRow(QUOTE_FAULTS[record.fault])
  const isTooWide = record.width > MAX_COLUMNS || cells.slice(columns.length).some((cell) => cell !== '')
  if (record.width < columns.length || isTooWide)
    return unreadableRow(`has ${record.width} cells for ${columns.length} columns`)
  if (columns.some(({ kind }, i) => kind === 'unnamed' && cells[i] !== ''))
    return unreadableRow('has a cell in a column without a name')
  return { sent: sentRow(columns, cells) }
}

function sentRow(columns: Column[], cells: (string | undefined)[]): Record<string, unknown> {
  const named = columns.map(({ name, kind }, i) => ({ name, kind, value: cellText(cells[i]) }))
  const sent = named
    .filter(({ kind }) => kind === 'known')
    .map(({ name, value }) => [name, name === 'fields' ? jsonOrText(value) : value])
  const members = named.filter(({ kind }) => kind === 'member')
  const filled = members.filter(({ value }) => value !== null).map(({ name, value }) => [name, value])
  if (members.length > 0) sent.push(['fields', Object.fromEntries(filled)])
  return Object.fromEntries(sent)
}

const cellText = (cell = '') => (cell === '' ? null : undefused(cell))

/** Parses a cell as JSON. Text that is not JSON, or too large, is returned as it is, for the schema to refuse. */
function jsonOrText(text: string | null): unknown {
  try {
    return parseJson(text ?? 'null')
  } catch {
    return text
  }
}
