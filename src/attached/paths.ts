import { AppError } from '../errors.ts'

/** Deeper than anybody encodes by mistake, and than any server decodes. */
const MAX_DECODINGS = 5

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNSAFE = /[\\\0-\x1f\x7f]/

/** What a URL asks for: its path and its query, byte for byte as they came. */
export interface RequestTarget {
  path: string
  /** With its question mark; empty where there is none. */
  query: string
}

/**
 * Returns what a request asks of an attached API.
 * @throws AppError path_malformed if the path means another one to anybody who reads it: so no prefix can be left
 */
export function targetOf(url: string, prefixes: readonly string[]): RequestTarget {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const mark = url.indexOf('?', start)
  const path = mark === -1 ? url.slice(start) : url.slice(start, mark)
  const isBelow = prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))
  if (!isBelow || !isNormal(path)) throw new AppError('path_malformed')
  return { path, query: mark === -1 ? '' : url.slice(mark) }
}

/**
 * Returns whether a path stays what it is however it is read: by the URL parser (https://url.spec.whatwg.org/), by
 * servers that take path parameters off a segment (`..;x`), and by those that decode it, once or more often.
 */
function isNormal(path: string): boolean {
  if (new URL(`http://host${path}`).pathname !== path) return false
  let read = path
  for (let decodings = 0; decodings < MAX_DECODINGS; decodings++) {
    if (UNSAFE.test(read) || !hasPlainSegments(read)) return false
    const decoded = decodedOrNull(read)
    // What was decoded may hold a percent sign that is one. What was sent may not.
    if (decoded === null) return decodings > 0
    if (decoded === read) return true
    if (countOfSlashes(decoded) !== countOfSlashes(read)) return false
    read = decoded
  }
  return false
}

/** Returns whether no segment is empty, but for the last, or stands for another directory. */
function hasPlainSegments(path: string): boolean {
  const segments = path.split('/').slice(1)
  return segments.every((segment, index) => {
    if (segment === '') return index === segments.length - 1
    const [name = ''] = segment.split(';')
    return !['', '.', '..'].includes(name.trim())
  })
}

const countOfSlashes = (path: string) => path.split('/').length

function decodedOrNull(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
