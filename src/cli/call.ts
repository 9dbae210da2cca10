import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { callerOf } from './call/caller.ts'
import { send } from './call/send.ts'
import { showAnswer } from './call/show.ts'

const HELP = `Signs a request, sends it, and shows the answer. Exits with 0 if it succeeded (2xx), else with 1.

  npm run call -- [options] METHOD PATH [BODY]

  npm run call -- GET /lists
  npm run call -- POST /admin/new '{"email":"new@example.com","role":"admin"}'
  npm run call -- --customer xj35478ymfe15 --header 'X-ADMIN-REASON: Ticket 4711' GET /contacts
  npm run call -- --header 'Content-Type: text/csv' POST /contacts/bulk @contacts.csv

BODY is JSON unless a Content-Type header says otherwise; @file reads a file, - standard input.

  -c, --customer UID   act for this customer, with an admin API key
  -H, --header LINE    send this header too, as 'Name: value'; may be repeated
  -b, --body           show the body of the answer only, for other programs
  -h, --help           show this

Credentials come from the environment:

  STEWARD_URL          where the service is
  STEWARD_CLIENT       the client that signs, as id:secret           for /admin
  STEWARD_TOKEN        the auth_token of a login                     for /admin
  STEWARD_KEY          a customer's own key; or an admin API key,
                       with --customer, or for /admin without STEWARD_TOKEN

Without STEWARD_URL the service is the one that npm start runs, and what is not given is taken from its demo data
(.wrangler/demo.json): the demo client, a session of the demo super_admin, which is kept in .wrangler/call-session.json,
and the first customer's key, or with --customer the demo admin API key.
`

const { values, positionals } = parsedArguments()
if (values.help || positionals.length === 0) {
  console.log(HELP)
} else {
  try {
    await call(...positionals)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

function parsedArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        customer: { type: 'string', short: 'c' },
        header: { type: 'string', short: 'H', multiple: true, default: [] },
        body: { type: 'boolean', short: 'b', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    process.exit(1)
  }
}

async function call(method = '', path = '', body?: string, ...more: string[]): Promise<void> {
  if (!/^[a-z]+$/i.test(method) || !path.startsWith('/') || more.length > 0)
    throw new Error(`Give a method, a path that begins with / and at most one body.\n\n${HELP}`)
  const request = {
    method: method.toUpperCase(),
    path,
    headers: values.header.map(headerOf),
    body: body === undefined ? undefined : await bytesOf(body),
  }
  const caller = await callerOf(process.env, { path, customer: values.customer })
  const response = await send(caller, request)
  await showAnswer(response, { onlyBody: values.body })
  if (!response.ok) process.exitCode = 1
}

function headerOf(line: string): [name: string, value: string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error("A --header is not 'Name: value'.")
  return [name, value]
}

async function bytesOf(body: string): Promise<Uint8Array> {
  if (body === '-') return buffer(process.stdin)
  return body.startsWith('@') ? readFile(body.slice(1)) : Buffer.from(body)
}
