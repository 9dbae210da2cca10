import type { Context } from 'hono'
import * as z from 'zod'
import { once } from '../base/once.ts'
import { positionOf } from './envelopes.ts'
import { countValue, textValue } from './fields/values.ts'
import type { Page } from './pagination.ts'

/** A kind of body, with what it holds. */
export interface OtherMedia {
  mediaType: string
  schema: z.ZodType
}

/** An answer that a route may give when all went well, as the OpenAPI document tells of it. */
export interface Answer {
  readonly status: number
  /** What its body may be. Schemas are made when they are asked for. */
  media(): readonly OtherMedia[]
}

type Status = 200 | 201 | 503

const jsonMedia = (schema: () => z.ZodType) => () => [{ mediaType: 'application/json', schema: schema() }]

/** JSON of this schema. */
export const jsonAnswer = <const S extends Status, Schema extends z.ZodType>(
  status: S,
  schema: () => Schema,
) => ({
  status,
  media: jsonMedia(schema),
  of: (c: Context, value: z.output<Schema>) => c.json(value, status),
})

/** A page for a browser. */
export const pageAnswer = (status: number): Answer => ({
  status,
  media: () => [{ mediaType: 'text/html', schema: textValue('<!doctype html>...') }],
})

/** `{message, data}`: one thing on the admin surface. */
export const adminAnswer = <const S extends Status, const Message extends string, Data extends z.ZodType>(
  status: S,
  message: Message,
  data: () => Data,
) => ({
  status,
  media: jsonMedia(() => z.object({ message: z.literal(message), data: data() })),
  of: (c: Context, value: z.output<Data>) => c.json({ message, data: value }, status),
})

/** `{message, data, meta}`: a page of a collection on the admin surface. */
export const adminPage = <const Message extends string, Item extends z.ZodType>(
  message: Message,
  item: () => Item,
) => ({
  status: 200,
  media: jsonMedia(() => z.object({ message: z.literal(message), data: z.array(item()), meta: position() })),
  of: (c: Context, { items, ...position }: Page<z.output<Item>>) =>
    c.json({ message, data: items, meta: positionOf(position) }, 200),
})

type Members<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>

/** `{status, ...}`: one thing on the customer surface. */
export const customerAnswer = <Shape extends z.ZodRawShape>(shape: () => Shape) => ({
  status: 200,
  media: jsonMedia(() => z.object({ status: z.literal('success'), ...shape() })),
  of: (c: Context, members: Members<Shape>) => c.json({ status: 'success' as const, ...members }, 200),
})

/** `{status, message, ...}`: what came of a change on the customer surface. */
export const customerChange = <
  const S extends Status,
  const Message extends string,
  Shape extends z.ZodRawShape,
>(
  status: S,
  message: Message,
  shape: () => Shape,
) => ({
  status,
  media: jsonMedia(() => z.object({ status: z.literal('success'), message: z.literal(message), ...shape() })),
  of: (c: Context, members: Members<Shape>) =>
    c.json({ status: 'success' as const, message, ...members }, status),
})

/** `{status, <name>, pagination}`: a page of a collection on the customer surface. */
export const customerPage = <const Name extends string, Item extends z.ZodType>(
  name: Name,
  item: () => Item,
) => ({
  status: 200,
  media: jsonMedia(() =>
    z.object({ status: z.literal('success'), [name]: z.array(item()), pagination: searchedPosition() }),
  ),
  of(c: Context, { items, ...position }: Page<z.output<Item>>) {
    const page = { [name]: items } as Record<Name, z.output<Item>[]>
    return c.json({ status: 'success' as const, ...page, pagination: positionOf(position) }, 200)
  },
})

/** Where a page stands in its collection. */
const position = once(() =>
  z
    .object({
      page: z
        .int()
        .positive()
        .meta({ examples: [1] }),
      per_page: z
        .int()
        .positive()
        .meta({ examples: [20] }),
      total: countValue()
        .nullable()
        .meta({
          description:
            'How many things all pages hold; null where counting would cost more than the page: follow `next_cursor`.',
          examples: [2],
        }),
      total_pages: z
        .int()
        .nonnegative()
        .nullable()
        .meta({ examples: [1] }),
      next_cursor: z
        .string()
        .nullable()
        .meta({ description: 'The cursor of the page after this one; null on the last.', examples: [null] }),
    })
    .meta({ id: 'Position' }),
)

const notCounted = (what: string) =>
  `${what}; null where more than 1,000 were to be counted: follow \`next_cursor\`.`

/** The same, where what matches is not counted to the end. */
const searchedPosition = once(() =>
  position()
    .extend({
      total: position()
        .shape.total.nullable()
        .meta({ description: notCounted('How many things all pages hold') }),
      total_pages: position()
        .shape.total_pages.nullable()
        .meta({ description: notCounted('How many pages there are') }),
    })
    .meta({ id: 'SearchedPosition' }),
)
