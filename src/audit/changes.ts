import type { RequestFacts } from '../http/request-log.ts'
import { recordable } from './recordable.ts'

/** Which members of a thing its changes are told of. */
interface ToldMembers<Member extends string> {
  /** With their values. */
  shown: readonly Member[]
  /** By name alone: secrets, and a customer's personal data. */
  hidden?: readonly Member[]
}

const HIDDEN = '[redacted]'

/**
 * Returns what a change changed, for its record: of each member told of whose value differs, the value before and the
 * one after, as the API shows them. A thing that is new had null for each; null if nothing differs.
 */
export function changesBetween<Member extends string>(
  before: Partial<Record<Member, unknown>> | null,
  after: Partial<Record<Member, unknown>>,
  { shown, hidden = [] }: ToldMembers<Member>,
): RequestFacts['changes'] {
  const changes = [...shown, ...hidden].flatMap((member): [string, [unknown, unknown]][] => {
    const [old, now] = [before?.[member] ?? null, after[member] ?? null]
    if (JSON.stringify(old) === JSON.stringify(now)) return []
    const shownAs = (value: unknown) => (hidden.includes(member) && value !== null ? HIDDEN : told(value))
    return [[member, [shownAs(old), shownAs(now)]]]
  })
  return changes.length === 0 ? null : Object.fromEntries(changes)
}

/** Names that people choose are text from outside: a key may have been pasted into one. */
function told(value: unknown): unknown {
  if (typeof value === 'string') return recordable(value)
  return Array.isArray(value) ? value.map(told) : value
}
