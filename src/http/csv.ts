import Papa from 'papaparse'
import { AppError, invalidField } from '../errors.ts'
import { addRow, decodedFile, NOT_UTF8, type SentRow, unreadableRow } from './rows.ts'

/** The columns whose cells are members of the object `fields`. */
const MEMBER_PREFIX = 'fields.'

/**
 * What a spreadsheet would run as a formula (https://owasp.org/www-community/attacks/CSV_Injection), also behind the
 * quotes that defuse it: each time it is written one more is put in front, and each time it is read one is taken off.
 */
const FORMULA = /^'*[=+\-@\t\r\n]/
const DEFUSED_FORMULA = /^'+[=+\-@\t\r\n]/

/** Lines of CSV (RFC 4180) that no spreadsheet takes for formulas, each with its line end. */
export const csvLines = (rows: unknown[][]) =>
  rows.length === 0 ? '' : `${Papa.unparse(rows, { escapeFormulae: FORMULA, newline: '\r\n' })}\r\n`

/**
 * The rows of a CSV file whose first line names the columns, one of `identifying` among them. An empty cell is null.
 * @throws AppError invalid if the columns will not do, malformed_body if their names are not UTF-8, too_many_rows
 */
export function rowsOfCsv(bytes: Uint8Array, identifying: readonly string[]): SentRow[] {
  const { text, isDamaged } = decodedFile(bytes)
  const rows: SentRow[] = []
  let columns: string[] | undefined
  // Line ends are made one, for files that mix them; fastMode would cut the whole text into lines at once.
  Papa.parse<string[]>(text.replaceAll('\r\n', '\n'), {
    delimiter: ',',
    newline: '\n',
    fastMode: false,
    skipEmptyLines: true,
    step({ data: cells, errors }) {
      const damaged = cells.some(isDamaged)
      if (columns) return addRow(rows, damaged ? NOT_UTF8 : csvRow(columns, cells, errors))
      if (damaged) throw new AppError('malformed_body')
      columns = readColumns(cells, identifying)
    },
  })
  if (!columns) throw missingColumn(identifying)
  return rows
}

/** Names in any case and with spaces around them, as spreadsheets have them; a member's name is the customer's own. */
function readColumns(cells: string[], identifying: readonly string[]): string[] {
  const columns = cells.map((cell) => {
    const name = cell.trim()
    return name.startsWith(MEMBER_PREFIX) ? name : name.toLowerCase()
  })
  const twice = columns.find((name, i) => name !== '' && columns.indexOf(name) !== i)
  if (twice !== undefined) throw invalidField(twice, 'is a column twice')
  if (columns.includes('fields') && columns.some((name) => name.startsWith(MEMBER_PREFIX)))
    throw invalidField('fields', `goes without columns that begin with ${MEMBER_PREFIX}`)
  if (!identifying.some((name) => columns.includes(name))) throw missingColumn(identifying)
  return columns
}

const missingColumn = ([name = '']: readonly string[]) => invalidField(name, 'is not among the columns')

function csvRow(columns: string[], cells: string[], errors: Papa.ParseError[]): SentRow {
  if (errors.some(({ code }) => code === 'InvalidQuotes'))
    return unreadableRow('has a quote in the wrong place')
  if (errors.length > 0) return unreadableRow('has a quote that is never closed')
  if (cells.length !== columns.length)
    return unreadableRow(`has ${cells.length} cells for ${columns.length} columns`)
  const named = columns.map((name, i) => [name, cellText(cells[i])] as const)
  const isMember = ([name]: readonly [string, unknown]) => name.startsWith(MEMBER_PREFIX)
  const members = named
    .filter((cell) => isMember(cell) && cell[1] !== null)
    .map(([name, value]) => [name.slice(MEMBER_PREFIX.length), value])
  const sent = named
    .filter((cell) => !isMember(cell))
    .map(([name, value]) => [name, name === 'fields' ? jsonOrText(value) : value])
  if (named.some(isMember)) sent.push(['fields', Object.fromEntries(members)])
  return { sent: Object.fromEntries(sent) }
}

function cellText(cell = ''): string | null {
  if (cell === '') return null
  return DEFUSED_FORMULA.test(cell) ? cell.slice(1) : cell
}

/** What is not JSON stays as it is, for the schema to refuse. */
function jsonOrText(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return text
  }
}
