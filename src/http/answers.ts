import type { Context, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import * as z from 'zod'
import { positionOf } from './envelopes.ts'
import { position, searchedPosition } from './fields/page-position.ts'
import { textValue } from './fields/values.ts'
import type { Page } from './pagination.ts'

/** A media type of a body, with its schema. */
export interface OtherMedia {
  mediaType: string
  schema: z.ZodType
}

/** A successful answer of a route, as the OpenAPI document describes it. */
export interface Answer {
  readonly status: number
  /** The media types of the body. Schemas are made on demand. */
  media(): readonly OtherMedia[]
}

/** A JSON answer, and the function that sends it. */
export interface JsonAnswer<Value, Body, S extends ContentfulStatusCode> extends Answer {
  readonly status: S
  of(c: Context, value: Value): Response & TypedResponse<Body, S, 'json'>
}

function answerOf<Value, Body extends object, S extends ContentfulStatusCode>(
  status: S,
  schema: () => z.ZodType,
  bodyOf: (value: Value) => Body,
): JsonAnswer<Value, Body, S> {
  return {
    status,
    media: () => [{ mediaType: 'application/json', schema: schema() }],
    of: (c, value) => c.json(bodyOf(value), status) as Response & TypedResponse<Body, S, 'json'>,
  }
}

/** Returns an answer whose body is JSON of this schema. */
export const jsonAnswer = <const S extends ContentfulStatusCode, Value extends object>(
  status: S,
  schema: () => z.ZodType<Value>,
): JsonAnswer<Value, Value, S> => answerOf(status, schema, (value) => value)

/** Returns an answer whose body is HTML. */
export const pageAnswer = (status: number): Answer => ({
  status,
  media: () => [{ mediaType: 'text/html', schema: textValue('<!doctype html>...') }],
})

/** Returns the answer for one resource of the admin surface: `{message, data}`. */
export const adminAnswer = <const S extends ContentfulStatusCode, const Message extends string, Data>(
  status: S,
  message: Message,
  data: () => z.ZodType<Data>,
): JsonAnswer<Data, { message: Message; data: Data }, S> =>
  answerOf(
    status,
    () => z.object({ message: z.literal(message), data: data() }),
    (value) => ({ message, data: value }),
  )

type PagePosition = ReturnType<typeof positionOf>

/** Returns the answer for a page of an admin collection: `{message, data, meta}`. */
export const adminPage = <const Message extends string, Item>(
  message: Message,
  item: () => z.ZodType<Item>,
): JsonAnswer<Page<Item>, { message: Message; data: Item[]; meta: PagePosition }, 200> =>
  answerOf(
    200,
    () => z.object({ message: z.literal(message), data: z.array(item()), meta: position() }),
    ({ items, ...place }) => ({ message, data: items, meta: positionOf(place) }),
  )

type Success = { status: 'success' }
const SUCCESS: Success = { status: 'success' }
const success = () => ({ status: z.literal('success') })

type MembersOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>

/** Returns the answer for one resource of the customer surface: `{status, ...}`. */
export const customerAnswer = <Shape extends z.ZodRawShape>(
  shape: () => Shape,
): JsonAnswer<MembersOf<Shape>, Success & MembersOf<Shape>, 200> =>
  answerOf(
    200,
    () => z.object({ ...success(), ...shape() }),
    (members) => ({ ...SUCCESS, ...members }),
  )

/** Returns the answer for a change on the customer surface: `{status, message, ...}`. */
export const customerChange = <
  const S extends ContentfulStatusCode,
  const Message extends string,
  Shape extends z.ZodRawShape,
>(
  status: S,
  message: Message,
  shape: () => Shape,
): JsonAnswer<MembersOf<Shape>, Success & { message: Message } & MembersOf<Shape>, S> =>
  answerOf(
    status,
    () => z.object({ ...success(), message: z.literal(message), ...shape() }),
    (members) => ({ ...SUCCESS, message, ...members }),
  )

/** Returns the answer for a page of a customer collection: `{status, <name>, pagination}`. */
export const customerPage = <const Name extends string, Item>(
  name: Name,
  item: () => z.ZodType<Item>,
): JsonAnswer<Page<Item>, Success & Record<Name, Item[]> & { pagination: PagePosition }, 200> =>
  answerOf(
    200,
    () =>
      z.object({
        ...success(),
        [name]: z.array(item()).meta({ description: `The ${name.replaceAll('_', ' ')} of this page.` }),
        pagination: searchedPosition(),
      }),
    ({ items, ...place }) => ({
      ...SUCCESS,
      ...({ [name]: items } as Record<Name, Item[]>),
      pagination: positionOf(place),
    }),
  )
