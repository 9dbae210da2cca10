/** What a spreadsheet begins a formula with (https://owasp.org/www-community/attacks/CSV_Injection). */
const FORMULA = '=+\\-@\uFF1D\uFF0B\uFF0D\uFF20'

/** What stands before a formula and does not keep it from being one: blanks, and quotes that end where they begin. */
const BLANK = '"\'\\v\\f \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF'

/** At the beginning of a cell, also where the cell itself begins with what spreadsheets skip. */
const AT_START = new RegExp(`^[${BLANK}]*[${FORMULA}\\t\\r\\n]`)

/**
 * Where another cell would begin for a spreadsheet that separates by other means than this file, or knows no quotes. A
 * separator is none of the blanks, so each character is looked at once.
 */
const AFTER_SEPARATOR = new RegExp(`([,;\\t\\r\\n][${BLANK}]*)([${FORMULA}])`, 'g')
const DEFUSED_AFTER_SEPARATOR = new RegExp(`([,;\\t\\r\\n][${BLANK}]*)'([${FORMULA}])`, 'g')

/** A text that is empty, as an empty cell is null, or would be taken for one. A spreadsheet shows nothing of the first. */
const ONLY_MARKS = /^'*$/

/**
 * A cell that no spreadsheet runs: one that could be is marked with an apostrophe in front, and has one in front of each
 * formula within it. `undefused` gives back every text as it was.
 */
export const defused = (text: string) =>
  AT_START.test(text) || ONLY_MARKS.test(text) || text.search(AFTER_SEPARATOR) !== -1
    ? `'${text.replace(AFTER_SEPARATOR, "$1'$2")}`
    : text

/** What a cell said before it was defused. What no cell of ours begins as stays as it is, byte for byte. */
export function undefused(cell: string): string {
  if (!cell.startsWith("'")) return cell
  const text = cell.slice(1)
  const within = text.match(AFTER_SEPARATOR)?.length ?? 0
  if (within === 0) return AT_START.test(text) || ONLY_MARKS.test(text) ? text : cell
  const defusedWithin = text.match(DEFUSED_AFTER_SEPARATOR)?.length
  return defusedWithin === within ? text.replace(DEFUSED_AFTER_SEPARATOR, '$1$2') : cell
}

const FIRST_IN_TEXT = new RegExp(`^("[${BLANK}]*)([${FORMULA}])`)

/** JSON whose texts hold no formula: it escapes in its own way what `defused` marks. */
const defusedJson = (value: object) =>
  JSON.stringify(value).replace(/"(?:[^"\\]+|\\.)*"/g, (text) =>
    text.replace(AFTER_SEPARATOR, escaped).replace(FIRST_IN_TEXT, escaped),
  )

const escaped = (_: string, before: string, sign: string) =>
  `${before}\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

type Cell = string | object | null

/** Lines of CSV (RFC 4180) that no spreadsheet takes for formulas. An object is JSON, null an empty cell. */
export const csvLines = (rows: readonly (readonly Cell[])[]) =>
  rows.map((row) => `${row.map(csvCell).join()}\r\n`).join('')

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  const text = typeof cell === 'string' ? defused(cell) : defusedJson(cell)
  return /["',;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
