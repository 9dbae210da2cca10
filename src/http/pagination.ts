import * as z from 'zod'
import { positiveDigits } from '../base/digits.ts'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../base/encoding.ts'
import { once } from '../base/once.ts'
import { begins, MAX_OFFSET, type PageRequest, type Position, type SortKey } from '../db/paging.ts'
import type { HitPosition, Term } from '../db/search.ts'
import { FIELD_TEXT, invalidField } from '../errors.ts'

const DEFAULT_PER_PAGE = 20
const MAX_PER_PAGE = 100

/** A name of 1,000 characters, of which JSON writes six bytes each at most, in base64url. */
const MAX_CURSOR_LENGTH = 8_192

/** Returns the schema of the query parameters that every collection takes. */
export const pageQuery = () =>
  z.strictObject({
    page: positiveDigits()
      .meta({
        type: 'integer',
        minimum: 1,
        description: 'Which page; the first unless asked for. Not with `cursor`.',
      })
      .optional(),
    per_page: positiveDigits()
      .pipe(z.int().max(MAX_PER_PAGE))
      .meta({
        type: 'integer',
        minimum: 1,
        maximum: MAX_PER_PAGE,
        default: DEFAULT_PER_PAGE,
        description: 'How many things a page holds.',
      })
      .optional(),
    cursor: z
      .string()
      .max(MAX_CURSOR_LENGTH)
      .meta({ description: 'The `next_cursor` of the page before: it costs no more, however far on.' })
      .optional(),
  })

/** The paging parameters of a query. */
export type PageQuery = z.output<ReturnType<typeof pageQuery>>

export interface Page<Item> {
  items: Item[]
  page: number
  perPage: number
  /** Null where counting would cost more than the page. */
  total: number | null
  nextCursor: string | null
}

const cursorContent = once(() => z.tuple([z.int().min(2)], z.union([z.string(), z.int()])))

/**
 * Reads the paging parameters for a collection with this sort key, whose rows `has` knows by their positions: from one
 * outside of it, D1 would read on to where the collection begins.
 * @throws AppError invalid if the cursor is not one of this collection, or the page is too far for an offset.
 */
export function pageRequest(
  query: PageQuery,
  { types }: Pick<SortKey<never>, 'types'>,
  has: (position: Position) => boolean = () => true,
): PageRequest {
  const perPage = query.per_page ?? DEFAULT_PER_PAGE
  const limit = perPage + 1
  if (query.cursor !== undefined) {
    if (query.page !== undefined) throw invalidField('page', 'goes without a cursor')
    const [page, ...after] = readCursor(query.cursor)
    const fits = after.length === types.length && after.every((value, i) => typeof value === types[i])
    if (!fits || !has(after)) throw invalidField('cursor', FIELD_TEXT.invalid)
    return { page, perPage, limit, offset: 0, after }
  }
  const page = query.page ?? 1
  const offset = (page - 1) * perPage
  if (offset > MAX_OFFSET) throw invalidField('page', `is past row ${MAX_OFFSET}, follow next_cursor instead`)
  return { page, perPage, limit, offset, after: undefined }
}

/** Returns the page of these rows, up to the limit of the request: a row past it shows that there is a next page. */
export function pageOf<Row, Item>(
  rows: Row[],
  total: number | null,
  request: PageRequest,
  key: { positionOf(row: NoInfer<Row>): Position },
  present: (row: NoInfer<Row>) => Item,
): Page<Item> {
  const { page, perPage } = request
  const shown = rows.slice(0, perPage)
  const last = shown.at(-1)
  const nextCursor = rows.length > perPage && last ? cursorAfter(request, key.positionOf(last)) : null
  return { items: shown.map(present), page, perPage, total, nextCursor }
}

/** The position of a search's hit, as a cursor has it. */
const BY_TERM = {
  types: ['number', 'string', 'number'],
  positionOf: ({ term, found, hitId }: HitPosition) => [term, found, hitId],
} as const

/**
 * Reads the paging parameters for the hits of a search by these terms.
 * @throws AppError invalid as `pageRequest` does, or if the cursor names no hit of one of the terms
 */
export const hitsRequest = (query: PageQuery, terms: readonly Pick<Term, 'finds'>[]) =>
  pageRequest(query, BY_TERM, ([term, found]) => terms[Number(term)]?.finds(`${found}`) ?? false)

/**
 * Reads the paging parameters for what begins with `prefix`, in the order of a key that begins with its text.
 * @throws AppError invalid as `pageRequest` does, or if the cursor names something that does not begin so
 */
export const matchesRequest = (query: PageQuery, key: Pick<SortKey<never>, 'types'>, prefix: string) =>
  pageRequest(query, key, ([text]) => begins(`${text}`, prefix))

/**
 * Returns the page of a search's hits. Where a term was examined to its bound it ends there, if it is not full before,
 * and its cursor goes on from there.
 */
export function pageOfHits<Row extends HitPosition, Item>(
  {
    rows,
    ends: [end],
    total: [counted],
  }: { rows: Row[]; ends: HitPosition[]; total: { total: number | null }[] },
  request: PageRequest,
  present: (row: NoInfer<Row>) => Item,
): Page<Item> {
  const shown = end ? rows.filter(({ term }) => term <= end.term) : rows
  const found = pageOf(shown, counted?.total ?? null, request, BY_TERM, present)
  return {
    ...found,
    nextCursor: found.nextCursor ?? (end ? cursorAfter(request, BY_TERM.positionOf(end)) : null),
  }
}

/** Returns the cursor of the next page, which begins past `position`. */
export const cursorAfter = ({ page }: Pick<PageRequest, 'page'>, position: Position) =>
  toBase64Url(utf8(JSON.stringify([page + 1, ...position])))

function readCursor(cursor: string): z.output<ReturnType<typeof cursorContent>> {
  try {
    const bytes = fromBase64Url(cursor) ?? new Uint8Array()
    return cursorContent().parse(JSON.parse(fromUtf8(bytes)))
  } catch (cause) {
    throw Object.assign(invalidField('cursor', FIELD_TEXT.invalid), { cause })
  }
}
