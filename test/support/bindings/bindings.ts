import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createApp } from '../../../src/app.ts'
import { attachedPrefixes } from '../../../src/attached/attached.routes.ts'
import type { Clock, Env } from '../../../src/env.ts'
import worker from '../../../src/index.ts'

/** Which calls fail: from the `from`th on, `times` of them. */
interface Outage {
  from?: number
  times?: number
}

/** What runs around each call of a binding, and may throw: before it was made, or after it did what it does. */
type Around = (() => void) | { before?: () => void | Promise<void>; after?: () => void }

const call = async <Result>(around: Around, make: () => Promise<Result>): Promise<Result> => {
  const { before, after } =
    typeof around === 'function' ? { before: around } : { after: undefined, ...around }
  await before?.()
  const result = await make()
  after?.()
  return result
}

/** Throws at each call of an outage. */
export function outage({ from = 1, times = Number.POSITIVE_INFINITY }: Outage = {}) {
  let calls = 0
  return () => {
    calls++
    if (calls >= from && calls < from + times) throw new Error('this call fails in this test')
  }
}

/**
 * The real binding, before or after each call of whose method something runs that may throw. All other calls go
 * straight through, so what is tested is the service on its own components, one of which fails now and then.
 */
export function intercepted<Binding extends object>(
  binding: Binding,
  method: keyof Binding,
  around: Around,
): Binding {
  return new Proxy(binding, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== method) return member.bind(target)
      return (...args: unknown[]) =>
        call(around, async () => (await Reflect.apply(member, target, args)) as unknown)
    },
  })
}

/** The binding with an outage of one of its methods. */
export const failing = <Binding extends object>(binding: Binding, method: keyof Binding, when?: Outage) =>
  intercepted(binding, method, outage(when))

/** The database, before or after each of whose round trips something runs that may throw. */
export function interceptedDatabase(db: D1Database, around: Around): D1Database {
  const originals = new WeakMap<object, D1PreparedStatement>()
  const statement = (original: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = ['all', 'raw', 'run', 'first'].reduce(
      (target, method) => intercepted(target, method as keyof D1PreparedStatement, around),
      original,
    )
    const proxy = override(wrapped, { bind: (...values: unknown[]) => statement(original.bind(...values)) })
    originals.set(proxy, original)
    return proxy
  }
  const calls = (original: D1Database | D1DatabaseSession) => ({
    prepare: (sql: string) => statement(original.prepare(sql)),
    batch: <Row>(statements: D1PreparedStatement[]) =>
      call(around, () => original.batch<Row>(statements.map((each) => originals.get(each) ?? each))),
  })
  return override(db, {
    ...calls(db),
    withSession(constraint) {
      const session = db.withSession(constraint)
      return override(session, calls(session))
    },
  })
}

/** The database with an outage. */
export const failingDatabase = (when?: Outage) => interceptedDatabase(env.DB, outage(when))

function override<Target extends object>(target: Target, members: Partial<Target>): Target {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(name in members ? members : target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/**
 * Calls the service with some of its bindings or its clock replaced, reads the answer to its end, and waits for what
 * the service does after it.
 */
export async function fetchWith(bindings: Partial<Env>, request: Request, now?: Clock): Promise<Response> {
  const context = createExecutionContext()
  const bound = { ...env, ...bindings }
  const service = now ? createApp(now, console.log, attachedPrefixes(bound)) : worker
  const response = await service.fetch(request, bound, context)
  const body = await response.arrayBuffer()
  await waitOnExecutionContext(context)
  return new Response(response.body && body, response)
}
