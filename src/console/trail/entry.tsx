import { useSignal } from '@preact/signals'
import { Link } from 'wouter-preact'
import { useThing } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Entry } from '../api/types.ts'
import { Action, Refresh } from '../parts/action.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Facts } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { type Checked, checkChain } from './chain.ts'
import { actorOf, Outcome } from './words.tsx'

/** An act, with all that is on record of it. */
export function EntryScreen({ id }: { id: string }) {
  const { data, error } = useThing(
    ['trail', 'entry', id],
    async () => (await read(steward.admin.audit[':id'].$get({ param: { id } }))).data,
  )
  const last = data?.at(-1)
  return (
    <Page
      title={last ? `${last.method} ${last.route ?? last.path}` : 'Entry'}
      windowTitle="Entry"
      actions={<Refresh of={['trail', 'entry', id]} />}
      lead={
        last && (
          <>
            <Outcome of={last.outcome} /> by {actorOf(last)}, <Time at={last.time} />
          </>
        )
      }
    >
      {error && <Problem of={error} />}
      {!data && !error && <p class="loading">Loading …</p>}
      {data?.map((entry) => (
        <EntrySection key={entry.seq} entry={entry} />
      ))}
    </Page>
  )
}

function EntrySection({ entry }: { entry: Entry }) {
  const checked = useSignal<Checked | null>(null)
  return (
    <Section
      title={`${entry.stage}, entry ${entry.seq}`}
      actions={
        <Action
          act={async () => {
            checked.value = await checkChain(entry.seq)
          }}
        >
          Check the chain
        </Action>
      }
    >
      <div role="status">{checked.value && <Findings of={checked.value} />}</div>
      <Facts of={factsOf(entry)} />
      {entry.changes && <Changes of={entry.changes} />}
    </Section>
  )
}

/** What the browser computed. */
const Findings = ({ of }: { of: Checked }) => (
  <ul class={of.findings.every(({ holds }) => holds) ? 'note good' : 'note bad'}>
    {of.findings.map(({ text, holds }) => (
      <li key={text}>
        {holds ? '✓' : '✗ Not so:'} {text}
      </li>
    ))}
  </ul>
)

/** What is not shown as a member by its name, or is shown elsewhere. */
const APART = new Set(['changes', 'actor_email', 'outcome', 'stage', 'seq', 'v', 'time'])

const factsOf = (entry: Entry) => [
  ['Time', <Time key="time" at={entry.time} />] as const,
  ...Object.entries(entry)
    .filter(([name, value]) => !APART.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => [name.replaceAll('_', ' '), shown(name, String(value))] as const),
]

function shown(name: string, value: string) {
  if (name === 'customer_uid') return <Link href={`/customers/${value}`}>{value}</Link>
  if (name === 'grant_id') return <Link href={`/grants/${value}`}>{value}</Link>
  return <code class="breakable">{value}</code>
}

const Changes = ({ of }: { of: Record<string, unknown[]> }) => (
  <table aria-label="Changes">
    <thead>
      <tr>
        <th scope="col">Changed</th>
        <th scope="col">From</th>
        <th scope="col">To</th>
      </tr>
    </thead>
    <tbody>
      {Object.entries(of).map(([name, [from, to]]) => (
        <tr key={name}>
          <th scope="row">{name.replaceAll('_', ' ')}</th>
          <td class="breakable">{said(from)}</td>
          <td class="breakable">{said(to)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

const said = (value: unknown) =>
  value === null || value === undefined
    ? 'nothing'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
