import * as z from 'zod'
import { once } from '../base/once.ts'

/** The building blocks of what answers hold, each with an example for the OpenAPI document. */

const UID = /^[a-z0-9]{13}$/

export const uidValue = () =>
  z
    .string()
    .regex(UID)
    .meta({ examples: ['xj35478ymfe15'] })

/** A text that has the form of a uid; null of any other. */
export const uidOrNull = (text: string) => (UID.test(text) ? text : null)

export const timeValue = () =>
  z.iso.datetime({ precision: 3 }).meta({ examples: ['2026-11-21T09:30:00.000Z'] })

export const countValue = () =>
  z
    .int()
    .nonnegative()
    .meta({ examples: [2] })

/** A text with an example. */
export const textValue = (example: string) => z.string().meta({ examples: [example] })

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

/** `{message, data}`: one thing on the admin surface. */
export const adminAnswer = <Data extends z.ZodType>(message: string, data: Data) =>
  z.object({ message: z.literal(message), data })

/** `{message, data, meta}`: a page of a collection on the admin surface. */
export const adminPage = <Item extends z.ZodType>(message: string, item: Item) =>
  z.object({ message: z.literal(message), data: z.array(item), meta: position() })

/** `{status, ...}`: one thing on the customer surface. */
export const customerAnswer = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ status: z.literal('success'), ...shape })

/** `{status, message, ...}`: what came of a change on the customer surface. */
export const customerChange = <Shape extends z.ZodRawShape>(message: string, shape: Shape) =>
  z.object({ status: z.literal('success'), message: z.literal(message), ...shape })

/** `{status, <name>, pagination}`: a page of a collection on the customer surface. */
export const customerPage = <Name extends string, Item extends z.ZodType>(name: Name, item: Item) =>
  z.object({ status: z.literal('success'), [name]: z.array(item), pagination: searchedPosition() })
