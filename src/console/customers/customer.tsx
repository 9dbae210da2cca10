import { Link } from 'wouter-preact'
import { customerNames } from '../acting/grants.ts'
import { AccessSection } from '../acting/waiting.tsx'
import { useThing } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Customer } from '../api/types.ts'
import { Refresh } from '../parts/action.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Facts } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { may } from '../session/may.ts'
import { CustomerForm } from './customer-form.tsx'
import { AskForRequest, CustomerKey, Lifecycle } from './lifecycle.tsx'
import { shown } from './shown.ts'
import { nameOf, POLICY_NAMES, StatusBadge } from './words.tsx'

/** What is known of a customer, and what can be done about it. */
export function CustomerScreen({ uid }: { uid: string }) {
  const { data: customer, error } = useThing(['customer', uid], async () => {
    const found = (await read(steward.admin.customers[':uid'].$get({ param: { uid } }))).data
    customerNames.set(uid, nameOf(found))
    return found
  })
  if (!customer)
    return <Page title="Customer">{error ? <Problem of={error} /> : <p class="loading">Loading …</p>}</Page>
  return (
    <Page
      title={nameOf(customer)}
      windowTitle="Customer"
      lead={
        <>
          <StatusBadge status={customer.status} /> {customer.email}
        </>
      }
      actions={
        <>
          {may('customers:manage') && <Edit customer={customer} />}
          <Refresh of={['customer', uid]} />
        </>
      }
    >
      <Problem of={error} />
      <AccessSection customer={customer} />
      <Section
        title="Customer"
        actions={may('trail') && <Link href={`/trail?customer_uid=${uid}`}>What was done here</Link>}
      >
        <Facts
          of={[
            ['Uid', <code key="uid">{uid}</code>],
            ['Person', `${customer.first_name} ${customer.last_name}`],
            ['Email', customer.email],
            ['Time zone', customer.timezone],
            ['Group', customer.group],
            ['Support access', POLICY_NAMES[customer.support_access]],
            ['Created', <Time key="created" at={customer.created_at} />],
            ['Changed', <Time key="changed" at={customer.updated_at} />],
          ]}
        />
      </Section>
      {customer.company && <Company company={customer.company} />}
      {may('customers:manage') && (
        <Section title="Change">
          <div class="buttons">
            <Lifecycle customer={customer} />
            <CustomerKey customer={customer} />
          </div>
        </Section>
      )}
      {may('requests:create') && customer.status !== 'pending_delete' && (
        <Section title="Change">
          <AskForRequest customer={customer} />
        </Section>
      )}
    </Page>
  )
}

const Company = ({ company }: { company: NonNullable<Customer['company']> }) => (
  <Section title="Company">
    <Facts
      of={[
        ['Name', company.name],
        [
          'Address',
          [company.address, company.zip, company.city, company.state, company.country]
            .filter(Boolean)
            .join(', ') || null,
        ],
        ['Telephone', company.phone],
        ['Website', company.website],
      ]}
    />
  </Section>
)

const Edit = ({ customer }: { customer: Customer }) => (
  <DialogButton label="Edit" title="Edit the customer">
    {(close) => (
      <CustomerForm
        submit="Save"
        customer={customer}
        act={async (_, json) => {
          const param = { uid: customer.customer_uid }
          shown((await read(steward.admin.customers[':uid'].$patch({ param, json }))).data)
          close()
        }}
      />
    )}
  </DialogButton>
)
