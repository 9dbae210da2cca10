import { AppError } from '../../errors.ts'

/** 50 for each of 10,000 rows. An empty list takes three bytes of JSON and ten times as many in memory. */
const MAX_VALUES = 500_000

/** The value of a JSON text. @throws AppError body_too_large for more than 500,000 values, SyntaxError */
export function parseJson(text: string): unknown {
  if (holdsTooMany(text)) throw new AppError('body_too_large')
  return JSON.parse(text)
}

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b]

/** Counts the signs that values begin with or stand between, as the text goes by: there is no value without one. */
function holdsTooMany(text: string): boolean {
  if (text.length <= MAX_VALUES) return false
  let values = 0
  for (let at = 0; at < text.length && values <= MAX_VALUES; at++) {
    const sign = text.charCodeAt(at)
    if (sign === QUOTE) at = closingQuote(text, at)
    else if (sign === COMMA || sign === BRACKET || sign === BRACE) values++
  }
  return values > MAX_VALUES
}

function closingQuote(text: string, open: number): number {
  let at = open + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}
