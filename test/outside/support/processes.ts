import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const BIN = resolve(import.meta.dirname, '../../../node_modules/.bin')

interface Options {
  cwd: string
  env?: Record<string, string | undefined>
  stdin?: string
}

export interface Finished {
  status: number | null
  stdout: string
  stderr: string
}

/** How this machine reaches the npm registry. */
const NETWORK = /^(npm_config_|node_extra_ca_certs$|ssl_cert_|(https?|no|all)_proxy$)/i

/** Nothing else that the machine happens to set changes what is tested. */
const environment = (env: Options['env'] = {}): NodeJS.ProcessEnv =>
  Object.assign({} as NodeJS.ProcessEnv, {
    PATH: `${BIN}:${process.env.PATH}`,
    HOME: process.env.HOME ?? '/',
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => NETWORK.test(name))),
    ...env,
  })

/** Runs a program to its end. */
export function run(command: string, args: string[], { cwd, env, stdin }: Options): Promise<Finished> {
  const child = spawn(command, args, {
    cwd,
    env: environment(env),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  child.stdin?.end(stdin)
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ status, ...output }))
  })
}

/**
 * Starts a script of the project that goes on, and resolves once it says `line`, with what the pattern's group found.
 * @throws Error if it ends before
 */
export function started(args: string[], { cwd, env }: Options, line: RegExp) {
  const child = spawn('node', args, { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  let said = ''
  return new Promise<{ found: string; stop: () => Promise<void> }>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const [, found] = line.exec(said) ?? []
        if (found !== undefined) resolve({ found, stop })
      })
    }
    child.on('error', reject).on('close', (status) => reject(new Error(`It ended with ${status}:\n${said}`)))
  })
}
