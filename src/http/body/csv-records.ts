/** A limit well above the columns of any contact list; a wider file is something else. */
export const MAX_COLUMNS = 250

/** One row of a CSV file. */
export interface CsvRecord {
  /** At most one cell more than a file may have columns. */
  cells: string[]
  /** The number of cells. */
  width: number
  /** Only separators and white space, which whoever wrote it does not count as a row. */
  isBlank: boolean
  fault?: 'misplaced_quote' | 'open_quote'
}

/**
 * Yields the records of a CSV text (RFC 4180). A record ends with any number of CR and LF; quoted text is kept as it
 * is. A quote inside an unquoted cell is an ordinary character. A record with a faulty quote ends with the line in
 * which the cell opens, so that it takes no other with it.
 */
export function* csvRecords(text: string, separator: string): Generator<CsvRecord> {
  const unquoted = new RegExp(`[^${separator}\\r\\n]*`, 'y')
  let at = 0
  while (at < text.length) {
    const record: CsvRecord = { cells: [], width: 0, isBlank: true }
    at = readRecord(text, at, separator, unquoted, record)
    at = endOf(LINE_END, text, at)
    yield record
  }
}

const LINE_END = /[\r\n]*/y
const LINE = /[^\r\n]*/y

/** Returns the end of the match of a sticky pattern. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  pattern.test(text)
  return pattern.lastIndex
}

/** Reads a record. Returns its end. */
function readRecord(
  text: string,
  from: number,
  separator: string,
  unquoted: RegExp,
  record: CsvRecord,
): number {
  let at = from
  for (;;) {
    const isQuoted = text[at] === '"'
    const end = isQuoted ? quoteEnd(text, at) : endOf(unquoted, text, at)
    const fault = isQuoted ? quoteFault(text, end, separator) : undefined
    if (fault) return faulty(record, fault, endOf(LINE, text, at))
    const cell = isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end)
    if (record.width++ <= MAX_COLUMNS) record.cells.push(cell)
    record.isBlank &&= !isQuoted && cell.trim() === ''
    if (text[end] !== separator) return end
    at = end + 1
  }
}

/** Returns the position after the closing quote of the cell at `open`; -1 if there is none. */
function quoteEnd(text: string, open: number): number {
  let quote = text.indexOf('"', open + 1)
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2)
  return quote === -1 ? -1 : quote + 1
}

function quoteFault(text: string, end: number, separator: string): CsvRecord['fault'] {
  if (end === -1) return 'open_quote'
  const isEnd = end === text.length || text[end] === separator || text[end] === '\r' || text[end] === '\n'
  return isEnd ? undefined : 'misplaced_quote'
}

function faulty(record: CsvRecord, fault: CsvRecord['fault'], end: number): number {
  Object.assign(record, { fault, isBlank: false })
  return end
}
