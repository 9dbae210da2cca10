const CELL = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g

/** The cells of a CSV file (RFC 4180), by other means than the service's own; an empty cell is an empty text. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, cell = '', end] of text.matchAll(CELL)) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}
