import type { QueryKey } from '@tanstack/preact-query'
import { changed } from '../api/queries.ts'

/** A button that reads again what is shown: what is on record is not read again by itself. */
export const Refresh = ({ of }: { of: QueryKey }) => (
  <button type="button" onClick={() => changed(...of)}>
    Refresh
  </button>
)
