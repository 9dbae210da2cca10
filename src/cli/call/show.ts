import { STATUS_CODES } from 'node:http'
import { styleText } from 'node:util'

/** The headers of an answer that are worth showing. */
const HEADERS = ['X-Request-Id', 'X-Audit-Id', 'Idempotent-Replayed', 'Retry-After', 'Allow', 'Location']

type Style = Parameters<typeof styleText>[0]

/** Colours text on a terminal, unless NO_COLOR is set (https://no-color.org). */
const coloured = (style: Style, text: string) => styleText(style, text, { stream: process.stdout })

/** Prints the status, the headers worth showing, and the body. */
export async function showAnswer(response: Response, { onlyBody }: { onlyBody: boolean }): Promise<void> {
  if (!onlyBody) {
    const { status } = response
    const line = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
    console.log(coloured(['bold', response.ok ? 'green' : 'red'], line))
    for (const name of HEADERS) {
      const value = response.headers.get(name)
      if (value !== null) console.log(`${coloured('dim', `${name}:`)} ${value}`)
    }
    console.log()
  }
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json')
  if (isJson && response.body) console.log(prettyJson(await response.json()))
  else for await (const piece of response.body ?? []) process.stdout.write(piece)
}

/** The tokens of printed JSON: a name or text, a number, or one of the three words. */
const TOKEN = /("(?:[^"\\]|\\.)*")(:?)|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g

function prettyJson(value: unknown): string {
  return terminalSafe(JSON.stringify(value, null, 2)).replace(
    TOKEN,
    (token, text?: string, colon?: string) => {
      if (text === undefined) return coloured('yellow', token)
      return colon ? coloured('cyan', text) + colon : coloured('green', text)
    },
  )
}

/** JSON escapes the control characters of ASCII; terminals obey those of Latin-1 too. */
const terminalSafe = (json: string) =>
  json.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
