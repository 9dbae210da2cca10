import { Column, fillPlaceholders, is, type Placeholder, type SQLWrapper, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { RunnableQuery } from 'drizzle-orm/runnable-query'
import type { PreparedQuery } from 'drizzle-orm/session'
import { once } from '../base/once.ts'
import type { Database } from './client.ts'

/** A value of a request, or the place of one in a query that is made before any. */
export type Bindable<Value> = Value | Placeholder<string, Value>

/** What a column takes. An object is kept as JSON. */
type Value = string | number | null | Readonly<Record<string, unknown>>

/** Values by their names. One that is undefined has no place. */
type Values<Names extends PropertyKey = string> = Readonly<
  Record<Names, Value | readonly Value[] | undefined>
>

/** The places that values have in a query: the query cannot depend on what they are. */
export type PlacesOf<Given> = { readonly [Name in keyof Given]: PlaceOf<Given[Name]> }
type PlaceOf<Given> = Given extends undefined
  ? undefined
  : Given extends readonly (infer Item)[]
    ? readonly Placeholder<string, Item>[]
    : Placeholder<string, Given>

/** What drizzle makes that can be prepared, and stand in another query. */
type Query = RunnableQuery<unknown, 'sqlite'> & SQLWrapper & { prepare(): PreparedQuery }

/**
 * Returns what makes a query for `inOneTrip` of a request's values. drizzle takes longer to make the SQL of one than to
 * do all the rest of it, so that is done once for an isolate: `build` gets places for the values, not what they are, and
 * runs again only where others of them are undefined, a list has another length, or the query is a part of another.
 */
export function prepared<Given extends Values<keyof Given>, Made extends Query>(
  build: (db: Database, places: PlacesOf<Given>) => Made,
): (db: Database, values: Given) => Pick<Made, '_' | 'getSQL' | 'prepare'> {
  const queries = new Map<string, Prepared>()
  return (db, values) => {
    const byPlace = valuesByPlace(values)
    const places = Object.keys(byPlace).join()
    const query = queries.get(places) ?? preparedOf(build(unbound(), placesOf(values) as PlacesOf<Given>))
    queries.set(places, query)
    const whole = once(() => build(db, values as unknown as PlacesOf<Given>))
    return {
      ...runnable(db, query, byPlace),
      get _() {
        return whole()._
      },
      getSQL: () => whole().getSQL(),
      prepare: () => whole().prepare(),
    }
  }
}

/** A database to make queries of, which must outlive the session of a request: none is ever run in it. */
const unbound = (): Database => drizzle({ prepare: () => undefined } as unknown as D1Database)

/** A query that is made, and how what D1 gives for it is read. */
interface Prepared {
  text: string
  params: unknown[]
  mapResult(response: D1Result<D1Row>, isFromBatch: boolean): unknown
}

type D1Row = Record<string, unknown>

function preparedOf(made: Query): Prepared {
  const query = made.prepare()
  const { sql: text, params } = query.getQuery()
  const columns = columnsAlone((made as { _?: { selectedFields?: object } })._)
  const mapResult: Prepared['mapResult'] = columns
    ? ({ results }) => results.map((found) => rowOf(columns, found))
    : (response, isFromBatch) => query.mapResult(response, isFromBatch)
  return { text, params, mapResult }
}

type NamedColumn = [name: string, column: Column]

/** The columns of a select of nothing else, which drizzle takes thrice as long to read. What gives no rows has no facts. */
function columnsAlone(facts: { selectedFields?: object } | undefined): NamedColumn[] | undefined {
  const fields = Object.entries(facts?.selectedFields ?? {})
  const columns = fields.filter((field): field is NamedColumn => is(field[1], Column))
  return columns.length > 0 && columns.length === fields.length ? columns : undefined
}

function rowOf(columns: NamedColumn[], found: D1Row): D1Row {
  const row: D1Row = {}
  for (const [name, column] of columns) {
    const value = found[column.name]
    row[name] = value === null ? null : column.mapFromDriverValue(value)
  }
  return row
}

/** The query as drizzle's own are to its `batch`, which takes no values for placeholders (drizzle-orm/d1/session.js). */
function runnable(
  db: Database,
  { text, params, mapResult }: Prepared,
  values: Readonly<Record<string, Value>>,
) {
  const _prepare = () => ({
    stmt: db.$client.prepare(text),
    getQuery: () => ({ sql: text, params: fillPlaceholders(params, values) }),
    mapResult,
  })
  return { _prepare }
}

/** Each value by the name of its place. */
function valuesByPlace(values: Values): Record<string, Value> {
  const byPlace: Record<string, Value> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (isList(value)) for (const [i, item] of value.entries()) byPlace[`${name}.${i}`] = item
    else byPlace[name] = value
  }
  return byPlace
}

function placesOf(values: Values) {
  const places = Object.entries(values).map(([name, value]) => {
    if (value === undefined) return [name, undefined]
    if (isList(value)) return [name, value.map((_, i) => sql.placeholder(`${name}.${i}`))]
    return [name, sql.placeholder(name)]
  })
  return Object.fromEntries(places)
}

const isList = (value: Values[string]): value is readonly Value[] => Array.isArray(value)
