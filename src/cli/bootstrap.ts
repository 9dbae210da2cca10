import { readFile } from 'node:fs/promises'
import { parseArgs, parseEnv } from 'node:util'
import * as z from 'zod'
import { firstAdmin } from './bootstrap/first-admin.ts'
import { migrate } from './local/bindings.ts'
import { runCommand } from './local/cleanup.ts'
import { PROJECT_STATE } from './local/project.ts'
import { provideSecrets } from './local/secrets.ts'
import { runWrangler } from './local/wrangler.ts'

const USAGE = `npm run bootstrap -- --email you@example.com [--remote]

Makes the first super_admin and the first client, in the local database or, with --remote, in the deployed one.`

const NO_SEALING_KEYS = `With --remote the environment variable CLIENT_SECRETS_KEYS has to hold the value of the deployed secret of
that name: the client's secret is sealed with it, and Cloudflare does not give a secret back. If you do not have it any
more, set a new one first (wrangler secret put CLIENT_SECRETS_KEYS --env production).`

// Read before wrangler's part begins, which takes secrets out of the environment of what it starts.
const givenKeys = process.env.CLIENT_SECRETS_KEYS

await runCommand(async () => {
  const { email, remote } = readArguments()
  const sealingKeys = remote ? givenKeys : await localSealingKeys()
  if (!sealingKeys) throw new Error(NO_SEALING_KEYS)
  const { password, client, statements } = await firstAdmin(email, sealingKeys, Date.now())
  const target = remote
    ? ['--remote', '--env', 'production']
    : ['--local', '--persist-to', PROJECT_STATE.folder]
  const command = ['d1', 'execute', 'DB', ...target, '--yes', '--json', '--command', statements.join('; ')]
  const output = await runWrangler(command)
  if (!made(output)) throw new Error('There is a super_admin already, so nothing was changed.')
  console.log(`
Made the first super_admin and the first client. This is shown this once:

  email          ${email}
  password       ${password}
  SWI-CID        ${client.id}
  client secret  ${client.secret}

The password works for 72 hours and has to be changed at the first login: POST /admin/update_password.`)
})

function readArguments(): { email: string; remote: boolean } {
  const options = { email: { type: 'string' }, remote: { type: 'boolean' } } as const
  try {
    const { email, remote } = parseArgs({ options }).values
    return { email: z.email().parse(email), remote: remote ?? false }
  } catch {
    throw new Error(USAGE)
  }
}

async function localSealingKeys(): Promise<string | undefined> {
  await provideSecrets(PROJECT_STATE.secretsFile)
  await migrate(PROJECT_STATE)
  return parseEnv(await readFile(PROJECT_STATE.secretsFile, 'utf8')).CLIENT_SECRETS_KEYS
}

/** Returns whether each statement returned the row it inserted. */
function made(output: string): boolean {
  const results = z.array(z.object({ results: z.array(z.unknown()) })).parse(JSON.parse(output))
  return results.length === 2 && results.every(({ results: rows }) => rows.length === 1)
}
