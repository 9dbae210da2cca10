import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { DeadLetter } from '../api/types.ts'
import { Action } from '../parts/action.tsx'
import { Section } from '../parts/page.tsx'
import { type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'

const COLUMNS: Column<DeadLetter>[] = [
  { head: 'Received', names: true, cell: ({ received_at }) => <Time at={received_at} /> },
  { head: 'Why', cell: ({ reason }) => <span class="breakable">{reason}</span> },
  { head: 'Attempts', wide: true, cell: ({ attempts }) => attempts },
  {
    head: 'State',
    wide: true,
    cell: ({ appended_at, replayed_at }) =>
      appended_at ? (
        'in the trail'
      ) : replayed_at ? (
        <>
          sent again, <Time at={replayed_at} />
        </>
      ) : (
        'waits'
      ),
  },
  { head: '', cell: (letter) => !letter.appended_at && <Replay id={letter.id} /> },
]

/** Records that could not be put into the trail. */
export function DeadLetters() {
  const list = useListed(['health', 'dead-letters'], async (query) =>
    adminPage(await read(steward.admin.audit.dead_letters.$get({ query }))),
  )
  return (
    <Section title="Dead letters">
      <Table
        label="Dead letters"
        columns={COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        empty="There are none: every record is in the trail."
      />
    </Section>
  )
}

const Replay = ({ id }: { id: string }) => (
  <Action
    class="quiet"
    act={async () => {
      await read(steward.admin.audit.dead_letters[':id'].replay.$post({ param: { id } }))
      await changed('health', 'dead-letters')
    }}
  >
    Send again
  </Action>
)
