import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { migrate, withBindings } from './local/bindings.ts'
import { runCommand } from './local/cleanup.ts'
import { type DemoData, isEmpty, seedDemoData } from './local/demo-data.ts'
import { freePort } from './local/free-port.ts'
import { DEMO_FILE, PROJECT_STATE } from './local/project.ts'
import { provideSecrets } from './local/secrets.ts'
import { type Service, startService } from './local/service.ts'
import { checkSettings, settingsFrom } from './local/settings.ts'
import { whatToTry } from './local/what-to-try.ts'

const DEFAULT_PORT = 8787

const NO_DEMO = `
The local database holds data that no npm start made, or .wrangler/demo.json is gone, so there are no credentials to
show. To begin anew with demo data: npm run reset && npm start
`

// Starts the service on this machine, with demo data the first time, and shows what comes in.
await runCommand(async (defer) => {
  const wantedPort = portFrom(process.argv.slice(2))
  const settings = settingsFrom(process.env)
  checkSettings(settings)
  const port = await freePort(Number(wantedPort))
  const made = await provideSecrets(PROJECT_STATE.secretsFile)
  if (made.length > 0) console.log(`Put random values into .dev.vars for ${made.join(', ')}.`)
  console.log('Applying the migrations to the local database ...')
  await migrate(PROJECT_STATE)
  const demo = await withBindings(PROJECT_STATE, async (env) =>
    (await isEmpty(env)) ? seedDemoData(env, Date.now()) : savedDemo(),
  )
  const changed = Object.keys(settings)
  console.log(
    `Starting the service${changed.length > 0 ? ` with ${changed.join(', ')} of the environment` : ''} ...`,
  )
  const service = await startService(PROJECT_STATE, port, showLine, settings)
  defer(service.stop)
  if (demo) await save(demo, service)
  console.log(demo ? whatToTry(demo, service.url) : NO_DEMO)
  console.log(`Steward answers on ${service.url}. Stop it with Ctrl-C. What comes in:\n`)
  await service.ended
  throw new Error('The service has ended by itself.')
})

/** Returns what `npm start -- --port 9000` or PORT asks for. @throws Error if there is another argument */
function portFrom(args: string[]): string | number {
  const { port } = parseArgs({ args, options: { port: { type: 'string', short: 'p' } } }).values
  return port ?? (process.env.PORT || DEFAULT_PORT)
}

/** Returns the credentials that an earlier start saved: the database has only their hashes. */
async function savedDemo(): Promise<DemoData | undefined> {
  const text = await readFile(DEMO_FILE, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text)
}

async function save(demo: DemoData, { url }: Service): Promise<void> {
  await mkdir(dirname(DEMO_FILE), { recursive: true })
  await writeFile(DEMO_FILE, `${JSON.stringify({ ...demo, url }, null, 2)}\n`, { mode: 0o600 })
}

/** Prints requests, queue batches, errors and mails without wrangler's prefix, and no health checks. */
function showLine(line: string): void {
  if (line.includes('GET /health 200')) return
  console.log(line.replace('[wrangler:info] ', ''))
}
