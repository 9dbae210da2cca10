import type { Env } from '../../../src/env.ts'

/** What a request asked of the components. */
export interface CallCounts {
  kv: number
  /** D1 round trips: a batch is one. */
  d1: number
  /** The statements of all of them. */
  statements: number
  /** The longest chain of D1 round trips of which each waited for the one before. */
  d1InSequence: number
  /** Rows that D1 says it read and wrote. */
  rowsRead: number
  rowsWritten: number
  /** Bytes of texts that were bound to statements: of the longest, of the round trip with most, of all. */
  longestText: number
  mostText: number
  allText: number
  queue: number
}

/** D1 round trips go through this method of the session object, which the published types leave out. */
interface Session {
  _send?: (...args: unknown[]) => Promise<unknown>
}

/** The session that a database has for all that is asked without one. */
type Database = D1Database & { readonly alwaysPrimarySession?: Session }

type Asynchronous = (...args: unknown[]) => Promise<unknown>

/** The bindings, of which every call that D1, KV and the queues get is noted, and the notes. */
export function countedBindings(env: Env) {
  const counts: CallCounts = {
    kv: 0,
    d1: 0,
    statements: 0,
    d1InSequence: 0,
    rowsRead: 0,
    rowsWritten: 0,
    longestText: 0,
    mostText: 0,
    allText: 0,
    queue: 0,
  }
  /** How many round trips, one after another, are over. */
  let stepsOver = 0

  const roundTrip =
    (send: Asynchronous): Asynchronous =>
    async (...args) => {
      const step = stepsOver + 1
      counts.d1++
      // Where it sends to, the statements, and what is bound to each.
      counts.statements += [args[1]].flat().length
      counts.d1InSequence = Math.max(counts.d1InSequence, step)
      const texts = textSizes(args[2])
      const size = texts.reduce((sum, text) => sum + text, 0)
      counts.longestText = Math.max(counts.longestText, ...texts)
      counts.mostText = Math.max(counts.mostText, size)
      counts.allText += size
      const result = await send(...args)
      stepsOver = Math.max(stepsOver, step)
      counts.rowsRead += rows('rows_read', result)
      counts.rowsWritten += rows('rows_written', result)
      return result
    }

  const countedSession = (session: Session | undefined): Session => {
    if (!session?._send) throw new Error('D1 round trips go another way now: count them there')
    return Object.assign(Object.create(session), { _send: roundTrip(session._send.bind(session)) })
  }

  const countedDatabase = (db: Database): D1Database =>
    Object.create(db, {
      alwaysPrimarySession: { value: countedSession(db.alwaysPrimarySession) },
      withSession: { value: (constraint?: string) => countedSession(db.withSession(constraint) as Session) },
    })

  const counted = <Binding extends object>(binding: Binding, count: (method: string) => void): Binding =>
    withMethods(binding, (call, method) => (...args) => {
      count(method)
      return call(...args)
    })

  const bindings: Env = {
    ...env,
    DB: countedDatabase(env.DB),
    KEYS: counted(env.KEYS, () => counts.kv++),
    AUDIT_QUEUE: counted(env.AUDIT_QUEUE, () => counts.queue++),
    AUDIT_DEAD_LETTERS: counted(env.AUDIT_DEAD_LETTERS, () => counts.queue++),
  }
  return { bindings, counts }
}

function rows(kind: 'rows_read' | 'rows_written', result: unknown): number {
  const results = [result].flat() as { meta?: Record<string, number> }[]
  return results.reduce((sum, { meta }) => sum + (meta?.[kind] ?? 0), 0)
}

const textSizes = (bound: unknown) =>
  [bound].flat(2).map((value) => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0))

type Method = (...args: unknown[]) => unknown

/** The object with each of its methods replaced by what `around` makes of it. */
function withMethods<Target extends object>(
  object: Target,
  around: (call: Method, name: string) => Method,
): Target {
  return new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return around((...args) => Reflect.apply(member, target, args), String(name))
    },
  })
}
