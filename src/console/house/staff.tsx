import { useSignal } from '@preact/signals'
import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Admin, Role } from '../api/types.ts'
import { Select } from '../parts/choices.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { Field, Form } from '../parts/form.tsx'
import { Page } from '../parts/page.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { Badge, type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { may, ROLE_NAMES } from '../session/may.ts'
import { me } from '../session/session.ts'
import { ROLE_OPTIONS } from './roles.ts'
import { Manage } from './staff-actions.tsx'

const COLUMNS: Column<Admin>[] = [
  {
    head: 'Account',
    names: true,
    cell: ({ email, role }) => (
      <>
        <span class="breakable">{email}</span>
        <span class="below">{ROLE_NAMES[role]}</span>
      </>
    ),
  },
  { head: 'Last sign-in', wide: true, cell: ({ last_login_at }) => <Time at={last_login_at} /> },
  {
    head: 'State',
    cell: ({ disabled, locked, password_expired, has_changed_password }) => (
      <>
        {disabled ? <Badge tone="bad">Disabled</Badge> : <Badge tone="good">Enabled</Badge>}{' '}
        {locked && <Badge tone="warn">Locked</Badge>}{' '}
        {password_expired && <Badge tone="warn">Password expired</Badge>}{' '}
        {!has_changed_password && !password_expired && <Badge tone="warn">First password</Badge>}
      </>
    ),
  },
]

const MANAGED: Column<Admin>[] = [
  ...COLUMNS,
  { head: '', cell: (admin) => admin.id !== me.value?.id && <Manage admin={admin} /> },
]

/** The accounts of the staff. */
export function StaffScreen() {
  const search = useSignal('')
  const list = useListed(['staff', 'list', search.value], async (cursor) =>
    adminPage(
      await read(
        steward.admin.list.$get({
          query: { ...cursor, ...(search.value && { search_query: search.value }) },
        }),
      ),
    ),
  )
  return (
    <Page title="Staff" actions={may('staff:manage') && <NewAccount />}>
      <SearchForm
        label="Find an account"
        onSearch={(text) => {
          search.value = text
        }}
      />
      <Table
        label="Staff"
        columns={may('staff:manage') ? MANAGED : COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        empty="Nobody is found."
      />
    </Page>
  )
}

const NewAccount = () => (
  <DialogButton label="New account" class="primary">
    {(close) => (
      <Form
        submit="Create"
        act={async ({ text }) => {
          const json = { email: text('email'), role: text('role') as Role }
          await read(steward.admin.new.$post({ json }))
          await changed('staff')
          close()
        }}
      >
        <p>
          A random password is mailed to the address. It has to be changed at the first sign-in, within 72
          hours.
        </p>
        <Field label="Email" name="email" type="email" required autofocus />
        <Select label="Role" name="role" options={ROLE_OPTIONS} value="customer_success" />
      </Form>
    )}
  </DialogButton>
)
