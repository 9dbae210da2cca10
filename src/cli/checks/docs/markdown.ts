/** A line of a Markdown page. Numbers begin at 1. */
export interface Line {
  number: number
  text: string
}

const FENCE = /^\s*(`{3,}|~{3,})/

/** Returns the lines of a page that are not fenced code. */
export function linesOf(markdown: string): Line[] {
  let fence: string | undefined
  return markdown.split('\n').flatMap((text, i) => {
    const [, mark] = FENCE.exec(text) ?? []
    if (fence === undefined) fence = mark
    else {
      if (mark?.startsWith(fence)) fence = undefined
      return []
    }
    return mark ? [] : [{ number: i + 1, text }]
  })
}

/** Returns the anchors of a page's headings, as GitHub derives them. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const { text } of linesOf(markdown)) {
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(text) ?? []
    if (heading === undefined) continue
    const anchor = anchorOf(heading)
    let unique = anchor
    for (let i = 1; anchors.has(unique); i++) unique = `${anchor}-${i}`
    anchors.add(unique)
  }
  return anchors
}

const anchorOf = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

/** Returns the first cell of each row of the tables below a heading, up to the next heading. */
export function firstCells(markdown: string, heading: string): string[] {
  const lines = linesOf(markdown)
  const start = lines.findIndex(({ text }) => text === heading)
  if (start === -1) return []
  const section = lines.slice(start + 1)
  const end = section.findIndex(({ text }) => text.startsWith('#'))
  const rows = section.slice(0, end === -1 ? undefined : end).filter(({ text }) => text.startsWith('| '))
  // The first row of a table is its head.
  return rows.slice(1).map(({ text }) => text.split('|')[1] ?? '')
}

/** Returns the contents of single backticks. */
export const codeIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

/** Returns a line without its inline code. */
export const withoutCode = (text: string) => text.replace(/`[^`]+`/g, '``')
