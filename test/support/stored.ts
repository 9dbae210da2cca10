import { env } from 'cloudflare:workers'

/** The trail, and what the runtime keeps beside the service's own tables. */
const NOT_STATE = /^(audit_|sqlite_|d1_|_cf_)/

/** When something was last used is noted of refused requests too. */
const NOTED = ['last_used_at', 'last_seen_at']

/** All that D1 holds but the trail, table by table; also without the tables that `except` matches. */
export async function storedRows(except?: RegExp): Promise<unknown> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
  ).all<{
    name: string
  }>()
  const names = tables.results
    .map(({ name }) => name)
    .filter((name) => !NOT_STATE.test(name) && !except?.test(name))
  const contents = await env.DB.batch(names.map((name) => env.DB.prepare(`SELECT * FROM "${name}"`)))
  return contents.map(({ results }, i) => [
    names[i],
    JSON.stringify(results, (key, value) => (NOTED.includes(key) ? undefined : value)),
  ])
}
