/**
 * What begins a formula in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection), and what a
 * spreadsheet skips before one: the rule of the service's own exports (src/http/files/csv.ts), stated again, for the
 * console has no code of the service.
 */
const FORMULA = '=+\\-@\uFF1D\uFF0B\uFF0D\uFF20'
const BLANK = '"\'\\v\\f \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF'
const AT_START = new RegExp(`^[${BLANK}]*[${FORMULA}\\t\\r\\n]`)
const AFTER_SEPARATOR = new RegExp(`([,;\\t\\r\\n][${BLANK}]*)([${FORMULA}])`, 'g')

/** Returns a text with an apostrophe before it, and before each formula within, if a spreadsheet could run it. */
const defused = (text: string) =>
  AT_START.test(text) || text.search(AFTER_SEPARATOR) !== -1
    ? `'${text.replace(AFTER_SEPARATOR, "$1'$2")}`
    : text

/** Returns a table as CSV (RFC 4180), which no spreadsheet takes for formulas. */
export const csvOf = (rows: readonly (readonly (string | number)[])[]): Blob => {
  const lines = rows.map((row) => row.map((cell) => `"${defused(`${cell}`).replaceAll('"', '""')}"`).join())
  return new Blob([lines.join('\r\n')], { type: 'text/csv' })
}
