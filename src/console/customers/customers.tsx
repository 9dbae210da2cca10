import { signal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Customer } from '../api/types.ts'
import { Refresh } from '../parts/action.tsx'
import { Select } from '../parts/choices.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { Page } from '../parts/page.tsx'
import { Badge, type Column, NOTHING_SO_FAR, Table } from '../parts/table.tsx'
import { may } from '../session/may.ts'
import { endings } from '../session/session.ts'
import { CustomerForm } from './customer-form.tsx'
import { nameOf, POLICY_NAMES, StatusBadge } from './words.tsx'

/** What is looked for. It may be a person's address: it is kept out of the URL and of the history of the browser. */
const sought = signal({ search: '', status: '' })
endings.add(() => {
  sought.value = { search: '', status: '' }
})

/** Long enough that a word typed is one look at customers, on record, and not one a letter. */
const PAUSE_MS = 250

const STATUSES = [
  ['', 'Any'],
  ['active', 'Active'],
  ['inactive', 'Suspended'],
  ['pending_delete', 'To be deleted'],
] as const

const COLUMNS: Column<Customer>[] = [
  {
    head: 'Customer',
    names: true,
    cell: (customer) => (
      <>
        <Link href={`/customers/${customer.customer_uid}`}>{nameOf(customer)}</Link>
        <span class="below">{customer.email}</span>
      </>
    ),
  },
  {
    head: 'Person',
    wide: true,
    cell: ({ first_name, last_name }) => `${first_name} ${last_name}`,
  },
  { head: 'Uid', wide: true, cell: ({ customer_uid }) => <code>{customer_uid}</code> },
  {
    head: 'Support access',
    wide: true,
    cell: ({ support_access }) => <Badge>{POLICY_NAMES[support_access]}</Badge>,
  },
  { head: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
]

/** Finding a customer. */
export function CustomersScreen() {
  const { search, status } = sought.value
  const list = useListed(['customers', search, status], async (cursor) =>
    adminPage(
      await read(
        steward.admin.customers.$get({
          query: {
            ...cursor,
            ...(search && { search }),
            ...(status && { status: status as Customer['status'] }),
          },
        }),
      ),
    ),
  )
  return (
    <Page
      title="Customers"
      actions={
        <>
          {may('customers:manage') && <NewCustomer />}
          <Refresh of={['customers']} />
        </>
      }
    >
      <search class="filters">
        <SearchBox first={list.items?.[0]} />
        <Select
          label="Status"
          name="status"
          options={STATUSES}
          value={status}
          onChange={(value) => {
            sought.value = { ...sought.value, status: value }
          }}
        />
      </search>
      <p class="unseen" role="status">
        {list.items && found(list.items.length, list.more !== undefined)}
      </p>
      <Table
        label="Customers"
        columns={COLUMNS}
        list={list}
        keyOf={({ customer_uid }) => customer_uid}
        empty="Nobody is found. Try the start of an email, of a first, last or company name, @domain, or a whole uid."
      />
    </Page>
  )
}

const found = (count: number, isMore: boolean): string => {
  if (count === 0 && isMore) return NOTHING_SO_FAR
  return `${count}${isMore ? ' and more' : ''} found`
}

/** Finds as one types; Enter opens what is found first, or finds what was typed a moment ago. */
function SearchBox({ first }: { first: Customer | undefined }) {
  const id = useId()
  const [, navigate] = useLocation()
  useEffect(() => () => clearTimeout(pause), [])
  const find = (typed: string) => {
    clearTimeout(pause)
    sought.value = { ...sought.value, search: typed.trim() }
  }
  return (
    <form
      class="field grow"
      onSubmit={(event) => {
        event.preventDefault()
        const typed = String(new FormData(event.currentTarget).get('search') ?? '')
        if (typed.trim() !== sought.value.search) find(typed)
        else if (first && typed.trim()) navigate(`/customers/${first.customer_uid}`)
      }}
    >
      <label for={id}>Find a customer</label>
      <input
        id={id}
        type="search"
        name="search"
        autocomplete="off"
        spellcheck={false}
        placeholder="Email, name, company or uid"
        defaultValue={sought.value.search}
        onInput={({ currentTarget }) => {
          clearTimeout(pause)
          pause = setTimeout(() => find(currentTarget.value), PAUSE_MS)
        }}
      />
    </form>
  )
}
let pause: ReturnType<typeof setTimeout> | undefined

function NewCustomer() {
  const [, navigate] = useLocation()
  return (
    <DialogButton label="New customer">
      {() => (
        <CustomerForm
          submit="Create"
          act={async (json) => {
            const { data } = await read(steward.admin.customers.$post({ json }))
            await changed('customers')
            navigate(`/customers/${data.customer_uid}`)
          }}
        />
      )}
    </DialogButton>
  )
}
