import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type * as z from 'zod'
import type { AppEnv } from '../env.ts'
import { AppError, FIELD_TEXT, type FieldErrors } from '../errors.ts'
import { annotated, annotationOf } from './annotations.ts'
import { parsedBody } from './body.ts'
import { routePattern } from './routing.ts'

type Validator<Target extends string, Schema extends z.ZodType<object>> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { [K in Target]: z.input<Schema> }; out: { [K in Target]: z.output<Schema> } }
>

const BODY_ERRORS = ['malformed_body', 'body_too_large', 'unsupported_media_type', 'invalid'] as const

/**
 * Validates the body against `schema`; `c.req.valid('json')` has it. `message` words the 422 where the contract does.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large, invalid
 */
export function body<Schema extends z.ZodType<object>>(
  schema: Schema,
  message?: string,
): Validator<'json', Schema> {
  return annotated<Validator<'json', Schema>>({ body: schema, errors: BODY_ERRORS }, async (c, next) => {
    c.req.addValidatedData('json', parse(schema, await parsedBody(c.req.raw), message))
    await next()
  })
}

/**
 * Validates the query parameters against `schema`; `c.req.valid('query')` has them.
 * @throws AppError invalid
 */
export function query<Schema extends z.ZodType<object>>(schema: Schema): Validator<'query', Schema> {
  return annotated<Validator<'query', Schema>>({ query: schema, errors: ['invalid'] }, async (c, next) => {
    c.req.addValidatedData('query', parse(schema, c.req.query()))
    await next()
  })
}

/** Whether the endpoint that answers this request takes a body. */
export function takesBody(c: Context): boolean {
  const pattern = routePattern(c)
  return matchedRoutes(c).some(({ path, handler }) => path === pattern && annotationOf(handler).body)
}

function parse<Schema extends z.ZodType<object>>(
  schema: Schema,
  value: unknown,
  message?: string,
): z.output<Schema> {
  const result = schema.safeParse(value, { error: fieldText })
  if (result.success) return result.data
  const fields: FieldErrors = {}
  for (const { path, message: text } of result.error.issues) {
    const field = path.join('.')
    fields[field] = [...new Set([...(fields[field] ?? []), text])]
  }
  throw new AppError('invalid', { fields, message })
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
