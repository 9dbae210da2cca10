/** The longest texts of a record: with them a message stays far below the 128 KB of a queue message. */
export const MAX_TEXT = 2048

/** How much of a text is looked at: what redaction shortens may make room for more than is kept. */
const MAX_EXAMINED = 2 * MAX_TEXT

/** Our own credentials, in any case, with all that can follow their prefix; and those of an Authorization header. */
const CREDENTIAL = /stw_[a-z]+_[\w-]*|\b(?:bearer|basic)\s+[\w.~+/-]{16,}=*/gi

/** The characters of a credential or its encoding, at most as many as a cut could keep from being recognised. */
const CUT_OFF = /[\w.~+/=%-]{1,256}$/

/** A part of a path, a query or a sentence. */
const RUN = /[^\s/?&]+/g

/** Deeper than anybody encodes by mistake. */
const MAX_DECODINGS = 5

/**
 * Names as parameters of this service have them. Others may be what somebody sent by mistake: a key without a name,
 * say.
 */
const PARAMETER_NAME = /^[a-z_]{1,40}(\[[a-z_]{0,40}\])*$/

const REDACTED = '[redacted]'

/**
 * Returns text from outside as a record keeps it: no credentials in it, however they are encoded, bounded and
 * well-formed, without NUL, which many readers of a file stop at. What lies past the bound is not looked at, so that
 * the cost is the same however much is sent.
 */
export function recordable(value: string): string {
  const redacted = examined(value)
    .replace(CREDENTIAL, REDACTED)
    .replace(RUN, (run) => (run.includes('%') && decoded(run).search(CREDENTIAL) !== -1 ? REDACTED : run))
  return redacted.slice(0, MAX_TEXT).toWellFormed().replaceAll('\0', '\ufffd')
}

/** The beginning of a text, without what may be the beginning of a credential that was cut in two. */
function examined(value: string): string {
  if (value.length <= MAX_EXAMINED) return value
  return value.slice(0, MAX_EXAMINED).replace(CUT_OFF, '')
}

/** The path and the names of the query's parameters: `/lists?page&search`. Values stay out of the record. */
export function recordablePath(url: string): string {
  const { pathname, searchParams } = new URL(url)
  const names = [...searchParams.keys()].map((name) => (PARAMETER_NAME.test(name) ? name : REDACTED))
  return recordable(names.length === 0 ? pathname : `${pathname}?${[...new Set(names)].join('&')}`)
}

/** ASCII that was percent-encoded, once or several times; what is no encoding stays as it is. */
function decoded(text: string): string {
  let plain = text
  for (let i = 0; i < MAX_DECODINGS && plain.includes('%'); i++) {
    plain = plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
  return plain
}
