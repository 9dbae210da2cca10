/** The characters that begin a formula in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = '=+\\-@\uFF1D\uFF0B\uFF0D\uFF20'

/** Characters that a spreadsheet skips before a formula: blanks, and quotes that end where they begin. */
const BLANK = '"\'\\v\\f \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF'

/** A formula at the beginning of a cell, also where the cell itself begins with what spreadsheets skip. */
const AT_START = new RegExp(`^[${BLANK}]*[${FORMULA}\\t\\r\\n]`)

/**
 * A formula after a separator, for a spreadsheet that separates by other characters than this file, or knows no
 * quotes. A separator is none of the blanks, so each character is looked at once.
 */
const AFTER_SEPARATOR = new RegExp(`([,;\\t\\r\\n][${BLANK}]*)([${FORMULA}])`, 'g')
const DEFUSED_AFTER_SEPARATOR = new RegExp(`([,;\\t\\r\\n][${BLANK}]*)'([${FORMULA}])`, 'g')

/**
 * Text that is empty, because an empty cell is null, or that would read as such text. A spreadsheet hides the first
 * apostrophe.
 */
const ONLY_MARKS = /^'*$/

/**
 * Returns a cell that no spreadsheet runs: an apostrophe is put before a cell that could be a formula, and before
 * each formula within it. `undefused` returns every text as it was.
 */
export const defused = (text: string) =>
  AT_START.test(text) || ONLY_MARKS.test(text) || text.search(AFTER_SEPARATOR) !== -1
    ? `'${text.replace(AFTER_SEPARATOR, "$1'$2")}`
    : text

/**
 * Returns the text of a cell before `defused`. A cell that `defused` never writes is returned as it is, byte for
 * byte.
 */
export function undefused(cell: string): string {
  if (!cell.startsWith("'")) return cell
  const text = cell.slice(1)
  const within = text.match(AFTER_SEPARATOR)?.length ?? 0
  if (within === 0) return AT_START.test(text) || ONLY_MARKS.test(text) ? text : cell
  const defusedWithin = text.match(DEFUSED_AFTER_SEPARATOR)?.length
  return defusedWithin === within ? text.replace(DEFUSED_AFTER_SEPARATOR, '$1$2') : cell
}

const FIRST_IN_TEXT = new RegExp(`^("[${BLANK}]*)([${FORMULA}])`)

/** Returns JSON whose strings hold no formula: what `defused` marks is escaped. */
const defusedJson = (value: object) =>
  JSON.stringify(value).replace(/"(?:[^"\\]+|\\.)*"/g, (text) =>
    text.replace(AFTER_SEPARATOR, escaped).replace(FIRST_IN_TEXT, escaped),
  )

const escaped = (_: string, before: string, sign: string) =>
  `${before}\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

type Cell = string | object | null

/**
 * Returns lines of CSV (RFC 4180) that no spreadsheet takes for formulas. An object becomes JSON, null an empty cell.
 */
export const csvLines = (rows: readonly (readonly Cell[])[]) =>
  rows.map((row) => `${row.map(csvCell).join()}\r\n`).join('')

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  const text = typeof cell === 'string' ? defused(cell) : defusedJson(cell)
  return /["',;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
