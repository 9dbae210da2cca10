import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { isUrl } from './places.ts'

/**
 * Returns whether a file lies in the bucket that an export is of, or is served by the same host, so that whoever made
 * the export could have put it there. Both have to exist.
 */
export async function isInBucketOf(exportPlace: string, file: string): Promise<boolean> {
  if (isUrl(exportPlace) !== isUrl(file)) return false
  // Not the origin: http and https are one host's.
  if (isUrl(file)) return new URL(file).host === new URL(exportPlace).host
  const buckets = [
    await realpath(bucketAbove(resolve(exportPlace))),
    bucketAbove(await realpath(exportPlace)),
  ]
  // A link counts by where it lies and by where it leads.
  const files = [join(await realpath(dirname(file)), basename(file)), await realpath(file)]
  return buckets.some((bucket) => files.some((each) => isWithin(bucket, each)))
}

/** Returns the folder that holds `audit/`, if a path leads there or into it; else the folder itself. */
const bucketAbove = (folder: string) =>
  /^(.+)[\\/]audit(?:[\\/]\d{4}(?:[\\/]\d\d){0,2})?$/.exec(folder)?.[1] ?? folder

function isWithin(folder: string, path: string): boolean {
  const [first] = relative(folder, path).split(sep)
  return first !== '..' && first !== ''
}
