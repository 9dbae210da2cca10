import { Link } from 'wouter-preact'
import type { Entry } from '../api/types.ts'
import { Badge, type Column } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'

const TONES = {
  success: 'good',
  client_error: 'warn',
  refused: 'warn',
  error: 'bad',
  unknown: 'bad',
  pending: 'plain',
} as const

/** How an act ended. */
export const Outcome = ({ of }: { of: Entry['outcome'] }) => (
  <Badge tone={TONES[of]}>{of.replaceAll('_', ' ')}</Badge>
)

/** Returns who it was, as an entry has it. */
export const actorOf = ({ actor_email, actor_type, admin_id }: Entry): string =>
  actor_email ?? (admin_id === null ? actor_type : `Admin ${admin_id}`)

/** The columns of entries. */
export const ENTRY_COLUMNS: Column<Entry>[] = [
  { head: 'Time', wide: true, cell: ({ time }) => <Time at={time} /> },
  { head: 'Who', wide: true, cell: (entry) => <span class="breakable">{actorOf(entry)}</span> },
  {
    head: 'What',
    names: true,
    cell: (entry) => (
      <>
        <Link href={`/trail/${entry.id}`} class="breakable">
          {entry.method} {entry.route ?? entry.path}
        </Link>
        {entry.stage !== 'completed' && <span class="below">{entry.stage}</span>}
        <span class="below narrow">
          {actorOf(entry)}, <Time at={entry.time} />
        </span>
      </>
    ),
  },
  {
    head: 'Customer',
    wide: true,
    cell: ({ customer_uid: uid }) =>
      uid && (
        <Link href={`/customers/${uid}`}>
          <code>{uid}</code>
        </Link>
      ),
  },
  { head: 'Reason', wide: true, cell: ({ reason }) => <span class="breakable">{reason}</span> },
  { head: 'Outcome', cell: ({ outcome }) => <Outcome of={outcome} /> },
]
