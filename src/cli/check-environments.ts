import { isDeepStrictEqual } from 'node:util'
import { type Unstable_Config, unstable_readConfig } from 'wrangler'

// Fails if what npm run deploy deploys has drifted from what runs locally: wrangler inherits none of these.
const local = settingsOf(unstable_readConfig({ config: 'wrangler.toml' }))
const production = settingsOf(unstable_readConfig({ config: 'wrangler.toml', env: 'production' }))
const different = Object.keys(local).filter((name) => !isDeepStrictEqual(local[name], production[name]))
if (different.length > 0) {
  console.error(`wrangler.toml: [env.production] differs from the top level in ${different.join(', ')}`)
  process.exitCode = 1
}

/** What has to be the same in both; ids and the values of settings are each environment's own. */
function settingsOf(config: Unstable_Config): Record<string, unknown> {
  return {
    vars: Object.keys(config.vars).sort(),
    d1_databases: config.d1_databases.map(({ binding, migrations_dir }) => [binding, migrations_dir]),
    kv_namespaces: config.kv_namespaces.map(({ binding }) => binding),
    r2_buckets: config.r2_buckets.map(({ binding }) => binding),
    send_email: config.send_email.map(({ name }) => name),
    // The code knows the queues by name.
    queues: config.queues,
    ratelimits: config.ratelimits,
    analytics_engine_datasets: config.analytics_engine_datasets.map(({ binding }) => binding),
    triggers: config.triggers,
    secrets: config.secrets,
  }
}
