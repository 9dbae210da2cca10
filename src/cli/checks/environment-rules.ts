import { isDeepStrictEqual } from 'node:util'
import { type Unstable_Config, unstable_readConfig } from 'wrangler'
import { invalidSettings, settingDefaults } from '../../settings.ts'

/**
 * Returns the faults in the environments of a wrangler.toml: production differs from what runs locally (wrangler
 * inherits none of it), or the platform would keep the content of requests, or serve them past the rules of the
 * deployment's own domain.
 */
export function environmentProblems(path: string): string[] {
  const local = unstable_readConfig({ config: path })
  const production = unstable_readConfig({ config: path, env: 'production' })
  return [
    ...differences(local, production).map((name) => `[env.production] differs from the top level in ${name}`),
    ...[...broken(local), ...misset(local)].map((rule) => `at the top level ${rule}`),
    ...[...broken(production), ...misset(production), ...openDoors(production)].map(
      (rule) => `in [env.production] ${rule}`,
    ),
  ]
}

function differences(one: Unstable_Config, other: Unstable_Config): string[] {
  const [settings, others] = [comparable(one), comparable(other)]
  return Object.keys(settings).filter((name) => !isDeepStrictEqual(settings[name], others[name]))
}

/** Returns the parts that have to be equal in both environments; ids and the values of settings may differ. */
function comparable(config: Unstable_Config): Record<string, unknown> {
  return {
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
    observability: config.observability,
    limits: config.limits,
  }
}

/**
 * Returns the rules that an environment breaks. URLs hold search terms and single-use tokens, headers hold keys: the
 * platform must neither keep them nor pass them on. Without a limit of its own a request may run for as long as the
 * platform lets it.
 */
function broken(config: Unstable_Config): string[] {
  const { observability, logpush, tail_consumers, streaming_tail_consumers, limits } = config
  return unmet({
    'observability.logs.invocation_logs has to be false': observability?.logs?.invocation_logs === false,
    'observability.traces.enabled has to be false': observability?.traces?.enabled === false,
    'observability.redact_query_string has to be true': observability?.redact_query_string === true,
    'there must be no logpush': !logpush,
    'there must be no tail consumers': !tail_consumers?.length && !streaming_tail_consumers?.length,
    'limits.cpu_ms has to be set': limits?.cpu_ms !== undefined,
  })
}

/** Returns what is wrong with the settings of an environment: a misspelt one would be left at its default. */
function misset({ vars }: Unstable_Config): string[] {
  const known = Object.keys(settingDefaults())
  return [
    ...invalidSettings(vars).map((name) => `${name} is missing or invalid`),
    ...Object.keys(vars).flatMap((name) => (known.includes(name) ? [] : `${name} is no setting`)),
  ]
}

/** Returns the addresses that bypass the rules of its own domain. */
function openDoors({ workers_dev, preview_urls }: Unstable_Config): string[] {
  return unmet({
    'workers_dev has to be false': workers_dev === false,
    'preview_urls has to be false': preview_urls === false,
  })
}

function unmet(rules: Record<string, boolean>): string[] {
  return Object.keys(rules).filter((rule) => !rules[rule])
}
