/** Returns rows as aligned columns under a heading. */
export function table(heading: string, columns: string[], rows: (string | number | null)[][]): string {
  const texts = [columns, ...rows.map((row) => row.map((cell) => `${cell ?? '-'}`))]
  const widths = columns.map((_, i) => Math.max(...texts.map((row) => row[i]?.length ?? 0)))
  const lines = texts.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [`\n${heading}\n`, lines[0], rule, ...lines.slice(1)].join('\n')
}
