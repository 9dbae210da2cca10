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
  /** Is given all that was filled in, and what of it is new. */
  act: (body: CustomerBody, changes: Partial<CustomerBody>) => Promise<unknown>
}

/** What is known of a customer, to fill in. */
export const CustomerForm = ({ submit, customer, act }: CustomerFormProps) => (
  <Form submit={submit} act={(filled) => act(bodyOf(filled), changesOf(filled))}>
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

const personOf = ({ text, textOrNull }: Filled) => ({
  first_name: text('first_name'),
  last_name: text('last_name'),
  email: text('email'),
  timezone: text('timezone'),
  group: textOrNull('group'),
})

const companyOf = ({ textOrNull }: Filled): Record<string, string | null> =>
  Object.fromEntries(COMPANY.map(([name]) => [name, textOrNull(`company.${name}`)]))

function bodyOf(filled: Filled): CustomerBody {
  const company = companyOf(filled)
  const isThere = Object.values(company).some((part) => part !== null)
  return { ...personOf(filled), company: isThere ? company : null }
}

function changesOf(filled: Filled): Partial<CustomerBody> {
  const company = filled.changed(companyOf(filled), 'company.')
  return { ...filled.changed(personOf(filled)), ...(Object.keys(company).length > 0 && { company }) }
}
