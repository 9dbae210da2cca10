import { expect } from 'vitest'
import type { Answer, Caller } from './http.ts'

/** More than any collection of a test has: a cursor that leads nowhere fails, and does not go on for ever. */
const MAX_PAGES = 1_000

/** What the pages of a collection hold, from the one that `path` asks for on, following the cursors. */
export async function pagesOf(caller: Caller, path: string): Promise<Answer['json'][]> {
  const pages: Answer['json'][] = []
  for (let next: string | null = path; next !== null; ) {
    const { status, json, text } = await caller(next)
    expect(status, text).toBe(200)
    expect(pages.push(json)).toBeLessThanOrEqual(MAX_PAGES)
    const { next_cursor: cursor } = json.meta ?? json.pagination
    next = cursor === null ? null : pathAfter(path, cursor)
  }
  return pages
}

/** The path with a cursor, which goes without a number. */
function pathAfter(path: string, cursor: string): string {
  const { pathname, searchParams } = new URL(path, 'https://steward.example')
  searchParams.delete('page')
  searchParams.set('cursor', cursor)
  return `${pathname}?${searchParams}`
}
