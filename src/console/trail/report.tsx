import { Link } from 'wouter-preact'
import { type Act, actsUnder } from '../acting/acts.ts'
import { isActive } from '../acting/grants.ts'
import { adminPage, useListed, useThing } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Grant } from '../api/types.ts'
import { useColleagues } from '../house/colleagues.ts'
import { Refresh } from '../parts/action.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Badge, type Column, Facts, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { may } from '../session/may.ts'
import { ENTRY_COLUMNS } from './words.tsx'

const ACT_COLUMNS: Column<Act>[] = [
  { head: 'Time', cell: ({ at }) => <Time at={at} /> },
  {
    head: 'What',
    names: true,
    cell: ({ method, path }) => <span class="breakable">{`${method} ${path}`}</span>,
  },
  { head: 'Record', wide: true, cell: ({ auditId }) => <code>{auditId}</code> },
  {
    head: 'Outcome',
    cell: ({ status }) => (
      <Badge tone={status < 400 ? 'good' : 'warn'}>{status < 400 ? 'done' : `refused (${status})`}</Badge>
    ),
  },
]

const STATES: Record<Grant['status'], string> = {
  pending: 'Waiting',
  active: 'Active',
  declined: 'Declined',
  ended: 'Ended',
  expired: 'Expired',
  lapsed: 'Lapsed',
}

const State = ({ of: grant }: { of: Grant }) => (
  <Badge>{STATES[grant.status === 'active' && !isActive(grant) ? 'expired' : grant.status]}</Badge>
)

/** A grant, and what was done under it. */
export function ReportScreen({ id }: { id: string }) {
  const colleagues = useColleagues()
  const { data: grant, error } = useThing(
    ['grants', id],
    async () => (await read(steward.admin.access_grants[':id'].$get({ param: { id } }))).data,
  )
  if (!grant)
    return <Page title="Access">{error ? <Problem of={error} /> : <p class="loading">Loading …</p>}</Page>
  const acts = actsUnder(id)
  // It may never have begun.
  const until = grant.ended_at ?? grant.expires_at
  return (
    <Page title="Report of access" lead={grant.reason}>
      <Problem of={error} />
      <Section title="Access">
        <Facts
          of={[
            [
              'Customer',
              <Link key="c" href={`/customers/${grant.customer_uid}`}>
                {grant.customer_uid}
              </Link>,
            ],
            ['Who', colleagues(grant.admin_id)],
            ['Mode', grant.mode],
            ['Ticket', grant.ticket],
            ['State', <State key="s" of={grant} />],
            ['Asked', <Time key="a" at={grant.requested_at} />],
            ['Until', until && <Time key="u" at={until} />],
            ['Break glass', grant.break_glass ? (grant.review?.status ?? 'yes') : 'no'],
          ]}
        />
        {grant.decisions.map(({ by, admin_id, at, decision, comment }) => (
          <p key={at}>
            {by === 'customer' ? 'The customer' : colleagues(admin_id)} {decision} it, <Time at={at} />
            {comment && `: “${comment}”`}
          </p>
        ))}
      </Section>
      {may('trail') ? (
        <OnRecord id={id} />
      ) : (
        <Section title="What was done from here">
          <Table
            label="What was done"
            columns={ACT_COLUMNS}
            list={{ items: [...acts], refusal: null, more: undefined, busy: false }}
            keyOf={({ auditId, at, path }) => auditId ?? at + path}
            empty="Nothing, since this page was loaded. All that was done is on record."
          />
        </Section>
      )}
    </Page>
  )
}

function OnRecord({ id }: { id: string }) {
  const key = ['trail', 'grant', id]
  const list = useListed(key, async (cursor) =>
    adminPage(await read(steward.admin.audit.$get({ query: { grant_id: id, ...cursor } }))),
  )
  return (
    <Section title="What was done" actions={<Refresh of={key} />}>
      <Table
        label="What was done"
        columns={ENTRY_COLUMNS}
        list={list}
        keyOf={({ seq }) => seq}
        empty="Nothing is on record yet."
      />
      <p class="soft">What was done just now takes some seconds to be here.</p>
    </Section>
  )
}
