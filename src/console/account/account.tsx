import { useSignal } from '@preact/signals'
import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Session } from '../api/types.ts'
import { Factors } from '../factors/factors.tsx'
import { Action } from '../parts/action.tsx'
import { Form } from '../parts/form.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Badge, type Column, Facts, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { ROLE_NAMES } from '../session/may.ts'
import { me } from '../session/session.ts'
import { changePassword, PasswordFields } from '../sign-in/new-password.tsx'

/** The own account: password, second factors, sessions. */
export function AccountScreen() {
  const admin = me.value
  if (!admin) return null
  return (
    <Page title="Account" lead={admin.email}>
      <Section title="You">
        <Facts
          of={[
            ['Email', admin.email],
            ['Role', ROLE_NAMES[admin.role]],
            ['Last sign-in', <Time key="l" at={admin.last_login_at} />],
            ['Account since', <Time key="c" at={admin.created_at} />],
          ]}
        />
      </Section>
      <Factors />
      <Section title="Change the password">
        <Password />
      </Section>
      <Sessions />
    </Page>
  )
}

function Password() {
  const saved = useSignal(0)
  return (
    <>
      <Form
        key={saved.value}
        label="Change the password"
        submit="Save"
        act={async (filled) => {
          await changePassword(filled)
          saved.value++
          await changed('sessions')
        }}
      >
        <p class="soft">All your other sessions end.</p>
        <PasswordFields />
      </Form>
      <p role="status">{saved.value > 0 && 'Your password is changed.'}</p>
    </>
  )
}

const COLUMNS: Column<Session>[] = [
  { head: 'Last seen', names: true, cell: ({ last_seen_at }) => <Time at={last_seen_at} /> },
  { head: 'Since', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
  { head: 'Until', wide: true, cell: ({ expires_at }) => <Time at={expires_at} /> },
  {
    head: '',
    cell: ({ id, current }) => (current ? <Badge tone="good">This one</Badge> : <EndSession id={id} />),
  },
]

function Sessions() {
  const list = useListed(['sessions'], async (query) =>
    adminPage(await read(steward.admin.sessions.$get({ query }))),
  )
  return (
    <Section title="Sessions">
      <Table label="Sessions" columns={COLUMNS} list={list} keyOf={({ id }) => id} empty="There are none." />
    </Section>
  )
}

const EndSession = ({ id }: { id: string }) => (
  <Action
    class="quiet"
    act={async () => {
      await read(steward.admin.sessions[':id'].$delete({ param: { id } }))
      await changed('sessions')
    }}
  >
    End
  </Action>
)
