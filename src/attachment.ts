import * as z from 'zod'
import { isBareOrigin } from './base/origin.ts'

/** An API of the company's own that Steward stands in front of. */
export interface Attachment {
  /** The prefixes of its paths, without a slash at the end. */
  prefixes: readonly string[]
  /** The origin it is reached at; null: by the service binding `CUSTOMER_API`. */
  origin: string | null
  /** Its name, the `aud` of what Steward asserts to it. */
  audience: string
  /** How long it may be silent before its answer begins. */
  timeoutMs: number
  /** The path of its OpenAPI document; null: /openapi.json has nothing of it. */
  openapiPath: string | null
}

/** The paths that are Steward's whatever is attached. */
const RESERVED = [
  '/admin',
  '/health',
  '/docs',
  '/openapi.json',
  '/.well-known',
  '/console',
  '/support_access',
]

/** A path whose bytes mean the same to everything that reads a URL: no escapes, no empty or dot segments. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Takes an origin and nothing more: https, or http where it leads to this machine. An empty text stands for none. */
export const attachedOrigin = () => z.string().trim().refine(isEmptyOr(isOrigin))

/** Takes prefixes, separated by commas. */
export const attachedPrefixList = () =>
  z
    .string()
    .transform(prefixesOf)
    .pipe(z.array(z.string().refine(isPrefix)))

/** Takes a plain path. An empty text stands for none. */
export const attachedDocumentPath = () =>
  z
    .string()
    .trim()
    .refine(isEmptyOr((path) => PLAIN_PATH.test(path)))

/** The settings of an attachment, each of them valid, and the binding that may stand for one. */
interface Vars {
  PUBLIC_URL: string
  CUSTOMER_API?: unknown
  CUSTOMER_API_URL: string
  CUSTOMER_API_PATHS: string[]
  CUSTOMER_API_AUDIENCE: string
  CUSTOMER_API_TIMEOUT_SECONDS: number
  CUSTOMER_API_OPENAPI: string
}

/** Returns the names of the settings that do not go with the others: half an attachment is none. */
export function invalidAttachment(vars: Vars): string[] {
  const { CUSTOMER_API: binding, CUSTOMER_API_URL: url, CUSTOMER_API_PATHS: prefixes } = vars
  const isReachable = binding !== undefined || url !== ''
  const isAttached = prefixes.length > 0
  const wrong = {
    CUSTOMER_API_PATHS: isReachable && !isAttached,
    // Both would leave open which is meant; Steward itself would call itself for ever.
    CUSTOMER_API_URL:
      (isAttached && !isReachable) ||
      (binding !== undefined && url !== '') ||
      (url !== '' && originOf(url) === originOf(vars.PUBLIC_URL)),
    CUSTOMER_API_AUDIENCE: isAttached && vars.CUSTOMER_API_AUDIENCE === '',
    CUSTOMER_API_OPENAPI: !isAttached && vars.CUSTOMER_API_OPENAPI !== '',
  }
  return Object.entries(wrong).flatMap(([name, isWrong]) => (isWrong ? name : []))
}

/** Returns the attachment of valid settings; null if nothing is attached. */
export function attachmentOf(vars: Vars): Attachment | null {
  if (vars.CUSTOMER_API_PATHS.length === 0) return null
  return {
    prefixes: vars.CUSTOMER_API_PATHS,
    origin: originOf(vars.CUSTOMER_API_URL) || null,
    audience: vars.CUSTOMER_API_AUDIENCE,
    timeoutMs: vars.CUSTOMER_API_TIMEOUT_SECONDS * 1000,
    openapiPath: vars.CUSTOMER_API_OPENAPI || null,
  }
}

/** The origin of a URL; what is none stays what it is. */
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : url)

function isEmptyOr(isRight: (text: string) => boolean) {
  return (text: string) => text === '' || isRight(text)
}

/** Whether a text is an origin and nothing more: https, or http where it leads to this machine. */
function isOrigin(text: string): boolean {
  if (!isBareOrigin(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

function prefixesOf(list: string): string[] {
  const parts = list.split(',').flatMap((part) => part.trim() || [])
  return [...new Set(parts.map((part) => part.replace(/\/$/, '')))]
}

/** Whether a prefix is a plain path that touches none of Steward's own. */
function isPrefix(prefix: string): boolean {
  const path = prefix.toLowerCase()
  return PLAIN_PATH.test(prefix) && !RESERVED.some((own) => path === own || path.startsWith(`${own}/`))
}
