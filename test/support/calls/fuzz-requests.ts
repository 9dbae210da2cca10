import fc from 'fast-check'
import { utf8 } from '../../../src/base/encoding.ts'
import { documented } from './contract.ts'
import { parametersOf } from './paths.ts'
import type { Route } from './routes.ts'

const CALLERS = ['nobody', 'staff', 'browser', 'customer', 'impersonator'] as const
export type CallerKind = (typeof CALLERS)[number]

/** A request, as far as it can be made up before anything exists that it could be about. */
export interface FuzzRequest {
  caller: CallerKind
  method: string
  /** What stands for each path parameter; undefined: what exists. */
  parameters: (string | undefined)[]
  query: string
  headers: Record<string, string>
  body: { type: string; bytes: Uint8Array } | undefined
}

/** Text that programs have stumbled over. */
const AWKWARD = [
  ['', ' ', '\0', '\ud800', 'é', '😀', '%', '%00', '%E0%A4%A', '..', '../..', '%2e%2e%2f', "' OR 1=1 --"],
  ['__proto__', 'constructor', '[object Object]', 'null', 'true', '-1', '0', '1', '1e309', '9'.repeat(40)],
  ['x'.repeat(5_000), 'a@example.com', '2026-11-21T00:00:00Z', '10.0.0.0/8', 'super_admin', 'active'],
].flat()

const BROKEN_BODIES = [
  ['{', '{"name":', '['.repeat(50_000), '\ufeff{}', 'null', '[]', 'a[b][c]=1&a=2&&==', 'a[]=1&a[b]=2'],
  ['--x\r\nContent-Disposition: form-data; name="a', '--x--', '"a","b\n1', 'email\n"x'],
].flat()

const TYPES = [
  ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/csv'],
  ['application/x-ndjson', 'application/json; charset=utf-16', 'multipart/form-data', 'text/plain', ''],
].flat()

const HEADERS = [
  ['X-API-KEY', 'X-ADMIN-API-KEY', 'X-CUSTOMER-ID', 'X-ADMIN-REASON', 'Authorization', 'SWI-CID', 'SWI-CS'],
  ['Idempotency-Key', 'X-D1-Bookmark', 'CF-Connecting-IP', 'Connection', 'Origin', 'Accept', 'User-Agent'],
  ['Cookie', 'X-Requested-With', 'Sec-Fetch-Site'],
].flat()

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const text = fc.oneof(fc.constantFrom(...AWKWARD), fc.string({ unit: 'binary', maxLength: 100 }))
const value = fc.oneof(text, fc.jsonValue(), fc.integer(), fc.boolean(), fc.array(text, { maxLength: 3 }))

const headerText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  fc.constantFrom(...AWKWARD.filter((each) => /^[\x20-\x7e]*$/.test(each))),
)

/** Mostly `usual`, now and then `other`. */
const mostly = <Usual, Other>(usual: fc.Arbitrary<Usual>, other: fc.Arbitrary<Other>) =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: other })

/** Queries and bodies with these names of fields in them, and now and then names of no field. */
function content(names: string[]) {
  const name = mostly(fc.constantFrom('', ...names), fc.constantFrom('__proto__', 'constructor', 'a[b]', 'x'))
  const fields = fc.array(fc.tuple(name, text), { maxLength: 5 })
  const form = fields.map((pairs) => new URLSearchParams(pairs).toString())
  const multipart = fields.map((pairs) => {
    const head = 'Content-Disposition: form-data; name='
    return `${pairs.map(([field, part]) => `--x\r\n${head}"${field}"\r\n\r\n${part}\r\n`).join('')}--x--`
  })
  const json = fc.dictionary(name, value, { maxKeys: 6 }).map((object) => JSON.stringify(object))
  const broken = fc.constantFrom(...BROKEN_BODIES)
  const jsonType = mostly(fc.constant('application/json'), fc.constantFrom(...TYPES))
  const body = fc.oneof(
    fc.record({ type: jsonType, bytes: json.map(utf8) }),
    fc.record({ type: fc.constantFrom(...TYPES), bytes: fc.oneof(form, multipart, broken).map(utf8) }),
    fc.record({ type: fc.constantFrom(...TYPES), bytes: fc.uint8Array({ maxLength: 300 }) }),
  )
  return { query: fc.oneof(form, fc.constantFrom(...AWKWARD).map(encodedOrRaw)), body }
}

/** Requests to a route: some are right but for one thing, some right in nothing. */
export function fuzzRequests({ method, path }: Route): fc.Arbitrary<FuzzRequest> {
  const right: CallerKind[] = path.startsWith('/admin') ? ['staff'] : ['customer', 'impersonator']
  const { query, body } = content(fieldsOf(method, path))
  const count = parametersOf(path).length
  return fc.record({
    caller: mostly(fc.constantFrom(...right), fc.constantFrom(...CALLERS)),
    method: mostly(fc.constant(method), fc.constantFrom(...METHODS)),
    parameters: fc.array(mostly(fc.constant(undefined), text), { minLength: count, maxLength: count }),
    query: method === 'GET' ? query : mostly(fc.constant(''), query),
    headers: mostly(fc.constant({}), fc.dictionary(fc.constantFrom(...HEADERS), headerText, { maxKeys: 3 })),
    body: mostly(body, fc.constant(undefined)),
  })
}

/** The query parameters and fields of the body that a route takes. */
function fieldsOf(method: string, path: string): string[] {
  const { parameters = [], requestBody } = documented(method, path) ?? {}
  const schemas = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema)
  return [
    ...parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    ...schemas.flatMap(({ properties }) => Object.keys(properties ?? {})),
  ]
}

/** As a path or a query can hold it: broken escapes as they are, all else escaped. */
export const encodedOrRaw = (part: string) =>
  part.startsWith('%') ? part : encodeURIComponent(part.toWellFormed())
