import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type * as z from 'zod'
import type { AppEnv } from '../env.ts'
import { AppError, FIELD_TEXT, type FieldErrors } from '../errors.ts'
import { annotated, annotationOf } from './annotations.ts'
import { parsedBody } from './body.ts'
import { once } from './once.ts'
import { routePattern } from './routing.ts'

type Validator<Target extends string, Schema extends z.ZodType<object>> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { [K in Target]: z.input<Schema> }; out: { [K in Target]: z.output<Schema> } }
>

export const BODY_ERRORS = ['malformed_body', 'body_too_large', 'unsupported_media_type', 'invalid'] as const

interface BodyOptions {
  /** Words the 422 where the contract does. */
  message?: string
  /** Adds to the errors of an invalid body what only a look at the store can tell, so that all come at once. */
  alsoInvalid?: (c: Context<AppEnv>, sent: Record<string, unknown>) => Promise<FieldErrors>
}

/**
 * Validates the body against `schema`; `c.req.valid('json')` has it.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large, invalid
 */
export function body<Schema extends z.ZodType<object>>(
  schema: () => Schema,
  { message, alsoInvalid }: BodyOptions = {},
): Validator<'json', Schema> {
  const made = once(schema)
  return annotated<Validator<'json', Schema>>({ body: made, errors: BODY_ERRORS }, async (c, next) => {
    const sent = await parsedBody(c.req.raw)
    const { data, fields } = validate(made(), sent)
    if (fields)
      throw new AppError('invalid', { fields: { ...(await alsoInvalid?.(c, sent)), ...fields }, message })
    c.req.addValidatedData('json', data)
    await next()
  })
}

/**
 * Validates the query parameters against `schema`; `c.req.valid('query')` has them.
 * @throws AppError invalid
 */
export function query<Schema extends z.ZodType<object>>(schema: () => Schema): Validator<'query', Schema> {
  const made = once(schema)
  return annotated<Validator<'query', Schema>>({ query: made, errors: ['invalid'] }, async (c, next) => {
    const { data, fields } = validate(made(), c.req.query())
    if (fields) throw new AppError('invalid', { fields })
    c.req.addValidatedData('query', data)
    await next()
  })
}

/** Whether the endpoint that answers this request takes a body. */
export function takesBody(c: Context): boolean {
  const pattern = routePattern(c)
  return matchedRoutes(c).some(({ path, handler }) => path === pattern && annotationOf(handler).body)
}

/** Bytes that a body may have for the endpoint that answers this request; undefined if it has no limit of its own. */
export const bodyLimit = (c: Context) =>
  matchedRoutes(c)
    .map(({ handler }) => annotationOf(handler).bodyLimit)
    .find((limit) => limit !== undefined)

/** A value as its schema reads it, or what is wrong with it. */
export type Validated<Data> = { data: Data; fields?: undefined } | { data?: undefined; fields: FieldErrors }

/** What a value means by its schema, or everything that is wrong with it. */
export function validate<Schema extends z.ZodType<object>>(
  schema: Schema,
  value: unknown,
): Validated<z.output<Schema>> {
  const result = schema.safeParse(value, { error: fieldText })
  if (result.success) return { data: result.data }
  const fields: FieldErrors = {}
  for (const { path, message: text } of result.error.issues) {
    const field = path.join('.')
    fields[field] = [...new Set([...(fields[field] ?? []), text])]
  }
  return { fields }
}

/** The words for what is wrong with a field, unless its schema has its own. */
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
