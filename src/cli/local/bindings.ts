import { join } from 'node:path'
import { getPlatformProxy } from 'wrangler'
import type { Env } from '../../env.ts'
import { requiredSecrets } from './config.ts'
import { CONFIG_PATH, type LocalState } from './project.ts'
import { runWrangler } from './wrangler.ts'

/** Applies the migrations to the local D1. */
export async function migrate({ folder }: LocalState): Promise<void> {
  await runWrangler(['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', folder])
}

/** Runs a function with the bindings of a local state, which are the service's own, whether or not it runs. */
export async function withBindings<Result>(
  { folder, secretsFile }: LocalState,
  use: (env: Env) => Promise<Result>,
): Promise<Result> {
  // Secrets of the shell's environment would win over those of the file.
  for (const name of requiredSecrets()) delete process.env[name]
  Object.assign(process.env, { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_LOG: 'error' })
  const { env, dispose } = await getPlatformProxy<Env>({
    configPath: CONFIG_PATH,
    envFiles: [secretsFile],
    // `wrangler dev` puts its state into this folder of the one it is given.
    persist: { path: join(folder, 'v3') },
  })
  try {
    return await use(env)
  } finally {
    await dispose()
  }
}
