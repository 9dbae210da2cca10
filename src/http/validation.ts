import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { once } from '../base/once.ts'
import { AppError, FIELD_TEXT, type FieldErrors, shownName } from '../errors.ts'
import { annotated } from './annotations.ts'
import { decoded, Form, rawEntries } from './body/form.ts'
import { readInput } from './body/input.ts'
import { parsedBody } from './body/parse.ts'
import type { AppEnv } from './context.ts'
import { annotationsOf } from './routing.ts'

type Validator<Target extends string, Schema extends z.ZodType<object>> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { [K in Target]: z.input<Schema> }; out: { [K in Target]: z.output<Schema> } }
>

export const BODY_ERRORS = ['malformed_body', 'body_too_large', 'unsupported_media_type', 'invalid'] as const

interface BodyOptions {
  /** The message of the 422, where the contract has its own. */
  message?: string
  /** Adds errors that only the database can tell to those of an invalid body, so that all are answered at once. */
  alsoInvalid?: (c: Context<AppEnv>, sent: Record<string, unknown>) => Promise<FieldErrors>
}

/** Validates the body against `schema`, a strict object; `c.req.valid('json')` has it. */
export function body<Schema extends z.ZodType<object>>(
  schema: () => Schema,
  { message, alsoInvalid }: BodyOptions = {},
): Validator<'json', Schema> {
  const made = once(schema)
  const annotation = { body: made, operation: () => ({ errors: BODY_ERRORS }) }
  return annotated<Validator<'json', Schema>>(annotation, async (c, next) => {
    const sent = readInput(made(), await parsedBody(c.req.raw))
    const { data, fields } = validate(made(), sent)
    if (fields) {
      const others = await alsoInvalid?.(c, sent as Record<string, unknown>)
      throw new AppError('invalid', { fields: { ...others, ...fields }, message })
    }
    c.req.addValidatedData('json', data)
    await next()
  })
}

/** Validates the query parameters against `schema`, a strict object; `c.req.valid('query')` has them. */
export function query<Schema extends z.ZodType<object>>(schema: () => Schema): Validator<'query', Schema> {
  const made = once(schema)
  const annotation = { query: made, operation: () => ({ errors: ['invalid'] as const }) }
  return annotated<Validator<'query', Schema>>(annotation, async (c, next) => {
    c.req.addValidatedData('query', validQuery(c, made()))
    await next()
  })
}

/** Returns the query parameters, validated against `schema`. @throws AppError invalid */
export function validQuery<Schema extends z.ZodType<object>>(c: Context, schema: Schema): z.output<Schema> {
  const { data, fields } = validate(schema, readInput(schema, sentQuery(c.req.url)))
  if (fields) throw new AppError('invalid', { fields })
  return data
}

/** Parses the query as a form. A name with an escape that is broken or not UTF-8 is kept, and matches no parameter. */
export function sentQuery(url: string): Form {
  const start = url.indexOf('?')
  const entries = start === -1 ? [] : rawEntries(url.slice(start + 1))
  return new Form(entries.map(([name, value]) => [decodedOr(name, name), decodedOr(value, NOT_TEXT)]))
}

/** Replaces bytes that are not UTF-8: a lone surrogate, which every schema refuses. */
const NOT_TEXT = '\ud800'

function decodedOr(text: string, other: string): string {
  try {
    return decoded(text)
  } catch {
    return other
  }
}

/** Returns whether this request's endpoint takes a body. */
export const takesBody = (c: Context) => annotationsOf(c).some((annotation) => annotation.body)

/** Returns the body limit of this request's endpoint; undefined if it has no limit of its own. */
export const bodyLimit = (c: Context) =>
  annotationsOf(c).find((annotation) => annotation.bodyLimit !== undefined)?.bodyLimit

/** The output of a schema, or the errors by field. */
export type Validated<Data> = { data: Data; fields?: undefined } | { data?: undefined; fields: FieldErrors }

/** The most fields with errors in one answer: more than a form has. A body sent by mistake can have 100,000. */
const MAX_FIELDS = 100

/** Validates a value. Returns the output of the schema, or errors for at most that many fields. */
export function validate<Schema extends z.ZodType<object>>(
  schema: Schema,
  value: unknown,
  maxFields = MAX_FIELDS,
): Validated<z.output<Schema>> {
  const result = schema.safeParse(value, { error: fieldText })
  if (result.success) return { data: result.data }
  const fields = new Map<string, Set<string>>()
  for (const [field, text] of faultsOf(result.error.issues)) {
    const texts = fields.get(field)
    if (texts) texts.add(text)
    else if (fields.size < maxFields) fields.set(field, new Set([text]))
    else break
  }
  return { fields: Object.fromEntries([...fields].map(([field, texts]) => [field, [...texts]])) }
}

function* faultsOf(issues: readonly z.core.$ZodIssue[]): Generator<[field: string, text: string]> {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') yield [shownPath(issue.path), issue.message]
    else for (const key of issue.keys) yield [shownPath([...issue.path, key]), FIELD_TEXT.unexpected]
  }
}

const shownPath = (path: readonly PropertyKey[]) => shownName(path.join('.'))

/** Returns the text for an invalid field, unless its schema has its own. */
function fieldText(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined || issue.input === null || issue.input === '') return FIELD_TEXT.blank
  switch (issue.code) {
    case 'invalid_value':
      return FIELD_TEXT.notIncluded
    case 'too_big':
      return issue.origin === 'string'
        ? `is too long (maximum is ${issue.maximum} characters)`
        : FIELD_TEXT.invalid
    default:
      return FIELD_TEXT.invalid
  }
}
