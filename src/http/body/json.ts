import { AppError } from '../../errors.ts'

/** 50 values for each of 10,000 rows. An empty list takes three bytes of JSON and ten times as many in memory. */
const MAX_VALUES = 500_000

/**
 * Parses a JSON text. A repeated member is an error: parsers disagree which one counts (RFC 8259, section 4).
 * @throws AppError body_too_large for more than 500,000 values, SyntaxError
 */
export function parseJson(text: string): unknown {
  const named = namedMembers(text)
  const value: unknown = JSON.parse(text)
  if (membersOf(value) < named) throw new SyntaxError('a member is there twice')
  return value
}

const [QUOTE, BACKSLASH, COMMA, COLON, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x7b]

/**
 * Counts the members of a JSON text by their colons, and the characters that values begin with or that separate them:
 * no value is without one.
 * @throws AppError body_too_large
 */
function namedMembers(text: string): number {
  let [members, values] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === QUOTE) at = closingQuote(text, at)
    else if (sign === COLON) members++
    else if (sign === COMMA || sign === BRACKET || sign === BRACE) values++
    if (values > MAX_VALUES) throw new AppError('body_too_large')
  }
  return members
}

/** Counts the members of a value, nested ones included. */
function membersOf(value: unknown): number {
  let members = 0
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null) continue
    const held = Object.values(next)
    if (!Array.isArray(next)) members += held.length
    for (const item of held) if (typeof item === 'object' && item !== null) open.push(item)
  }
  return members
}

function closingQuote(text: string, open: number): number {
  let at = open + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}
