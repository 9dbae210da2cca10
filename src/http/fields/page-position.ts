import * as z from 'zod'
import { once } from '../../base/once.ts'
import { countValue } from './values.ts'

/** The position of a page in its collection. */
export const position = once(() =>
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

/** The position of a page of matches that are counted up to a limit only. */
export const searchedPosition = once(() =>
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
