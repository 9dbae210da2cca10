import { QueryClient, type QueryKey, useInfiniteQuery, useQuery } from '@tanstack/preact-query'
import { attended } from '../session/attended.ts'
import { asRefusal, type Refusal } from './refusal.ts'

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false,
      staleTime: 30_000,
      gcTime: 15 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // A service that cannot be reached is told of, and not waited for: a browser may be wrong about its line, too.
      networkMode: 'always',
    },
  },
})

/** What is on record when it is read: it is read again when somebody asks for it, or changed it here. */
const RECORDED = [
  ['customers'],
  ['customer'],
  ['acting'],
  ['trail'],
  ['approvals', 'requests'],
  ['health', 'dead-letters'],
]
for (const key of RECORDED) queries.setQueryDefaults(key, { staleTime: Number.POSITIVE_INFINITY })

/** Fetches again what is shown of a thing. */
export const changed = (...key: QueryKey) => queries.invalidateQueries({ queryKey: key })

/** A page of a collection, as both surfaces give it. */
interface Page<Item> {
  items: Item[]
  next: string | null
}

/** Returns a page of the admin surface. */
export const adminPage = <Item>(answer: {
  data: Item[]
  meta: { next_cursor: string | null }
}): Page<Item> => ({
  items: answer.data,
  next: answer.meta.next_cursor,
})

/** A collection as far as it was read. */
export interface Listed<Item> {
  items: Item[] | undefined
  refusal: Refusal | null
  /** Reads on; absent at the end. */
  more: (() => void) | undefined
  busy: boolean
}

/** Returns a collection, by its cursor. What was read stays, for whoever comes back. */
export function useListed<Item>(
  key: QueryKey,
  readPage: (cursor: { cursor?: string }) => Promise<Page<Item>>,
  options: { enabled?: boolean } = {},
): Listed<Item> {
  const found = useInfiniteQuery<Page<Item>>({
    queryKey: key,
    queryFn: ({ pageParam }) => readPage(pageParam ? { cursor: pageParam as string } : {}),
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    ...options,
  })
  return {
    items: found.data?.pages.flatMap(({ items }) => items),
    refusal: found.error && asRefusal(found.error),
    more: found.hasNextPage ? () => void found.fetchNextPage({ cancelRefetch: false }) : undefined,
    busy: found.isFetching,
  }
}

/** Returns one thing, as it was read last, and what went wrong since. It is read again every so often, if that is given and somebody is there. */
export function useThing<Thing>(
  key: QueryKey,
  readThing: () => Promise<Thing>,
  everyMs: (thing: Thing | undefined) => number | false = () => false,
) {
  const isAttended = attended.value
  const found = useQuery<Thing>({
    queryKey: key,
    queryFn: readThing,
    refetchInterval: ({ state }) => isAttended && everyMs(state.data),
  })
  return { data: found.data, error: found.error && asRefusal(found.error) }
}
