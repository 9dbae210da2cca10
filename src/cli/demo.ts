import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEntry } from '../audit/trail/fields.ts'
import { actOnAttachedApi, attachmentTo, startOrdersApi } from './demo/attached-api.ts'
import { type Outcome, Story } from './demo/calls.ts'
import { askForConsent } from './demo/consent.ts'
import { doMainJob } from './demo/main-job.ts'
import { table } from './demo/table.ts'
import {
  type ExportedObject,
  exportOf,
  linesOf,
  problemsOf,
  problemsOfReport,
  reportOf,
  trailOf,
  verified,
} from './demo/trail.ts'
import { migrate, withBindings } from './local/bindings.ts'
import { runCommand } from './local/cleanup.ts'
import { seedDemoData } from './local/demo-data.ts'
import { freePort } from './local/free-port.ts'
import { provideSecrets } from './local/secrets.ts'
import { startService } from './local/service.ts'

// Plays three acts against a service of its own, with a state that is thrown away, and checks what is on record of them:
// the main job, access by consent, and an attached API.
await runCommand(async (defer) => {
  const folder = await mkdtemp(join(tmpdir(), 'steward-demo-'))
  defer(() => rm(folder, { recursive: true, force: true }))
  const state = { folder: join(folder, 'state'), secretsFile: join(folder, 'secrets.env') }
  console.log('Setting up a throw-away database ...')
  await provideSecrets(state.secretsFile)
  await migrate(state)
  const demo = await withBindings(state, (env) => seedDemoData(env, Date.now()))
  console.log('Starting the service ...')
  const apiPort = await freePort()
  const service = await startService(state, await freePort(), showTrouble, attachmentTo(apiPort))
  defer(service.stop)
  const api = await startOrdersApi(apiPort, service.url)
  defer(api.stop)
  console.log(`Calling it on ${service.url} ...`)
  const story = new Story(service.url)
  const { outcomes } = story
  const session = await doMainJob(story, demo)
  const grantId = await askForConsent(story, session, demo)
  await actOnAttachedApi(story, demo)
  console.log('Waiting for the audit records to come through the queue ...')
  const entries = await trailOf(service.url, session, outcomes)
  const objects = await withBindings(state, (env) => exportOf(env, entries))
  const underGrant = await reportOf(service.url, session, grantId)
  console.log(report(outcomes, entries, objects))
  console.log(trailTable(`What the grant came to, from GET /admin/audit?grant_id=${grantId}`, underGrant))
  const problems = [
    ...problemsOf(outcomes, entries, objects),
    ...problemsOfReport(entries, underGrant, grantId),
  ]
  if (problems.length > 0)
    throw new Error(`The audit trail is not what it has to be.\n${problems.join('\n')}`)
  const { lastSeq, headHash, keyIds } = await verified(service.url, objects, entries.at(-1))
  console.log(`
All ${entries.length} records that have to be there are there, and no others.
The export is verified: entries 1 to ${lastSeq}, signed by the key ${keyIds.join(', ')}, up to the hash ${headHash}.`)
})

/** Prints a line that is no request or queue batch: an error. */
function showTrouble(line: string): void {
  const isRoutine = line.startsWith('[wrangler:info]') || line.startsWith('{"level":"info"')
  if (!isRoutine) console.log(line)
}

function report(outcomes: Outcome[], entries: AuditEntry[], objects: ExportedObject[]): string {
  return [
    table(
      'What happened',
      ['who', 'what', 'call', 'status', 'on record'],
      outcomes.map(({ caller, what, call, status, records }) => [
        caller.name,
        what,
        call,
        status,
        records.join(', ') || null,
      ]),
    ),
    trailTable('The audit trail, from GET /admin/audit', entries),
    table(
      'The export in R2: entries, one a line, and signed digests',
      ['object', 'entries'],
      objects.map((object) => [object.key, linesOf(object).length || null]),
    ),
  ].join('\n')
}

function trailTable(heading: string, entries: AuditEntry[]): string {
  const columns = ['seq', 'stage', 'who', 'customer', 'method', 'path', 'status', 'result', 'hash']
  const rows = entries.map((entry) => [
    entry.seq,
    entry.stage,
    entry.role ?? entry.actor_type,
    entry.customer_uid,
    entry.method,
    entry.path,
    entry.status,
    entry.result,
    `${entry.hash.slice(0, 12)}...`,
  ])
  return table(heading, columns, rows)
}
