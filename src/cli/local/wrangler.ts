import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { settingDefaults } from '../../settings.ts'
import { requiredSecrets } from './config.ts'
import { ROOT } from './project.ts'

const WRANGLER = fileURLToPath(import.meta.resolve('wrangler'))

/** Turns telemetry off, so that nothing needs a network, and the banner. */
const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_LOG: 'log',
}

/** Starts wrangler with the Node of this script: the machine's own may be too old for it. */
export function spawnWrangler(args: string[], options: { nodeArgs?: string[]; detached?: boolean } = {}) {
  return spawn(process.execPath, [...(options.nodeArgs ?? []), WRANGLER, ...args], {
    cwd: ROOT,
    env: { ...withoutOurs(process.env), ...QUIET },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: options.detached ?? false,
  })
}

/** Runs a wrangler command. Returns its output. @throws Error with all its output, if it failed */
export async function runWrangler(args: string[]): Promise<string> {
  const child = spawnWrangler(args)
  child.stdin.end()
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (status !== 0) throw new Error(`wrangler ${args.slice(0, 2).join(' ')} failed:\n${output}`)
  return output
}

/**
 * Returns the environment for wrangler, which would else prefer its secrets and settings to those of the local state.
 */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = [...requiredSecrets(), ...Object.keys(settingDefaults())]
  const others = Object.entries(environment).filter(([name]) => !ours.includes(name))
  return Object.fromEntries(others) as NodeJS.ProcessEnv
}
