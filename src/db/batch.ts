import type { BatchItem } from 'drizzle-orm/batch'
import type { Database } from './client.ts'

/** Statements by the names of what they give; the names are no numbers, which would change places. */
export type Statements = Readonly<Record<string, BatchItem<'sqlite'>>>

/** The results of statements, by their names. */
export type Results<Named extends Statements> = { [Name in keyof Named]: Named[Name]['_']['result'] }

/** Runs statements in their order, in one D1 batch: one round trip and one transaction. Returns what each gives. */
export async function inOneTrip<const Named extends Statements>(
  db: Database,
  statements: Named,
): Promise<Results<Named>> {
  const [results] = await groupsInOneTrip(db, [statements])
  return results
}

/** Does the same with statements of several sources, whose names may be the same. */
export async function groupsInOneTrip<const Groups extends readonly Statements[]>(
  db: Database,
  groups: Groups,
): Promise<{ [Index in keyof Groups]: Results<Groups[Index]> }> {
  const batch = groups.flatMap((group) => Object.values(group))
  const [first, ...others] = batch
  const results: unknown[] = first ? await db.batch([first, ...others]) : []
  let at = 0
  const named = groups.map((group) =>
    Object.fromEntries(Object.keys(group).map((name) => [name, results[at++]])),
  )
  return named as { [Index in keyof Groups]: Results<Groups[Index]> }
}
