import { changed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { ApiKey, Role } from '../api/types.ts'
import { Check, Choices } from '../parts/choices.tsx'
import { Field, type Filled } from '../parts/form.tsx'
import { SecretForm } from '../parts/secret.tsx'
import { me } from '../session/session.ts'
import { Grace } from './grace.tsx'

type Scope = ApiKey['scopes'][number]

const SCOPES: { value: Scope; label: string; hint: string; roles?: Role[] }[] = [
  { value: 'customers:read', label: 'Read', hint: 'Read what belongs to customers.' },
  {
    value: 'customers:write',
    label: 'Write',
    hint: 'Change it.',
    roles: ['super_admin', 'admin', 'customer_success'],
  },
  {
    value: 'customers:manage',
    label: 'Manage',
    hint: 'Create, change and suspend customers.',
    roles: ['super_admin', 'admin'],
  },
  {
    value: 'customers:keys',
    label: 'Keys',
    hint: 'Make API keys for customers.',
    roles: ['super_admin', 'admin'],
  },
  { value: 'audit:read', label: 'Trail', hint: 'Read the trail.', roles: ['super_admin', 'admin'] },
]

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

const orNull = <Item,>(items: Item[]): Item[] | null => (items.length > 0 ? items : null)

function bodyOf({ text, all, has }: Filled) {
  return {
    name: text('name'),
    scopes: all('scopes') as Scope[],
    customers: orNull(words(text('customers'))),
    ip_allow: words(text('ip_allow')),
    ip_deny: words(text('ip_deny')),
    expires_at: text('expires_at') ? new Date(text('expires_at')).toISOString() : null,
    require_reason: has('require_reason'),
  }
}

/** Makes a key, which is shown once. */
export function NewKey({ close }: { close: () => void }) {
  const role = me.value?.role
  return (
    <SecretForm
      label="API key"
      submit="Create"
      onDone={close}
      make={async (filled) => {
        const { data } = await read(steward.admin.api_keys.$post({ json: bodyOf(filled) }))
        void changed('keys')
        return data.key
      }}
    >
      <Field label="Name" name="name" required max={255} autofocus />
      <Choices
        legend="Scopes"
        name="scopes"
        many
        options={SCOPES.filter(({ roles }) => !roles || (role && roles.includes(role)))}
        chosen={['customers:read']}
      />
      <Field label="Customers" name="customers" hint="Uids, with commas between. None: all customers." />
      <Field
        label="Allowed addresses"
        name="ip_allow"
        hint="Such as 203.0.113.0/24. None: from everywhere."
      />
      <Field label="Refused addresses" name="ip_deny" />
      <Field label="Expires" name="expires_at" type="datetime-local" hint="None: when it is revoked." />
      <Check label="Require a reason" name="require_reason">
        Each call has to say why.
      </Check>
    </SecretForm>
  )
}

/** Gives a key another text, which is shown once. */
export const RollKey = ({ id, close }: { id: string; close: () => void }) => (
  <SecretForm
    label="API key"
    submit="Roll"
    onDone={close}
    make={async ({ text }) => {
      const call = { param: { id }, json: { grace_seconds: Number(text('grace_seconds')) } }
      const { data } = await read(steward.admin.api_keys[':id'].roll.$post(call))
      void changed('keys')
      return data.key
    }}
  >
    <p>The new key is what the one of now is. It is shown once.</p>
    <Grace of="key" />
  </SecretForm>
)
