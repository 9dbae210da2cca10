import type { Api, Customer } from '../api/types.ts'
import { Field, type Filled, Form } from '../parts/form.tsx'

type CustomerBody = Parameters<Api['admin']['customers']['$post']>[0]['json']

const COMPANY = [
  ['name', 'Company'],
  ['address', 'Address'],
  ['zip', 'Postal code'],
  ['city', 'City'],
  ['state', 'State'],
  ['country', 'Country'],
  ['phone', 'Telephone'],
  ['website', 'Website'],
] as const

interface CustomerFormProps {
  submit: string
  customer?: Customer
  act: (body: CustomerBody) => Promise<unknown>
}

/** What is known of a customer, to fill in. */
export const CustomerForm = ({ submit, customer, act }: CustomerFormProps) => (
  <Form submit={submit} act={(filled) => act(bodyOf(filled))}>
    <div class="columns">
      <Field label="First name" name="first_name" value={customer?.first_name} required autofocus />
      <Field label="Last name" name="last_name" value={customer?.last_name} required />
      <Field label="Email" name="email" type="email" value={customer?.email} required />
      <Field
        label="Time zone"
        name="timezone"
        value={customer?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}
        required
      />
      <Field label="Group" name="group" value={customer?.group} />
      {COMPANY.map(([name, label]) => (
        <Field key={name} label={label} name={`company.${name}`} value={customer?.company?.[name]} />
      ))}
    </div>
  </Form>
)

function bodyOf(filled: Filled): CustomerBody {
  const company = COMPANY.map(([name]) => [name, filled.textOrNull(`company.${name}`)] as const)
  return {
    first_name: filled.text('first_name'),
    last_name: filled.text('last_name'),
    email: filled.text('email'),
    timezone: filled.text('timezone'),
    group: filled.textOrNull('group'),
    company: Object.fromEntries(company),
  }
}
