import { useSignal } from '@preact/signals'
import { read, steward } from '../api/steward.ts'
import type { Customer } from '../api/types.ts'
import { Action } from '../parts/action.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Field, Form } from '../parts/form.tsx'
import { SecretForm } from '../parts/secret.tsx'
import { shown } from './shown.ts'

const customers = steward.admin.customers[':uid']

/** Suspends, activates and deletes. */
export function Lifecycle({ customer }: { customer: Customer }) {
  const param = { uid: customer.customer_uid }
  return (
    <>
      {customer.status === 'active' && (
        <Danger
          label="Suspend"
          title="Suspend the customer"
          says="Its keys stop working at once, for the customer and for whoever acts for it. Its data stays. You can activate it again."
          word="SUSPEND"
          act={async () => shown((await read(customers.suspend.$post({ param }))).data)}
        />
      )}
      {customer.status !== 'active' && (
        <Action act={async () => shown((await read(customers.activate.$post({ param }))).data)}>
          Activate
        </Action>
      )}
      {customer.status !== 'pending_delete' && (
        <Danger
          label="Delete"
          title="Delete the customer"
          says="It stops working at once. After 30 days all of its data is gone for good; until then you can activate it again."
          word="DELETE"
          act={async () => shown((await read(customers.$delete({ param }))).data)}
        />
      )}
    </>
  )
}

/** Makes a key for the customer, which is shown once. */
export const CustomerKey = ({ customer }: { customer: Customer }) => (
  <DialogButton label="New API key" title="New API key of the customer">
    {(close) => (
      <SecretForm
        label="API key"
        submit="Create"
        onDone={close}
        make={async ({ text }) => {
          const call = { param: { uid: customer.customer_uid }, json: { name: text('name') } }
          return (await read(customers.api_keys.$post(call))).data.key
        }}
      >
        <p>
          Whoever has it does what the customer may. The customer sees that staff made it; it ends with your
          account.
        </p>
        <Field label="Name" name="name" required max={255} autofocus />
      </SecretForm>
    )}
  </DialogButton>
)

/** Asks super admins to have a customer disabled, or enabled again. */
export function AskForRequest({ customer }: { customer: Customer }) {
  const uid = customer.customer_uid
  const asked = useSignal(false)
  const isActive = customer.status === 'active'
  const label = isActive ? 'Ask to disable' : 'Ask to enable'
  return (
    <>
      <DialogButton label={label} title={`${label} the customer`}>
        {(close) => (
          <Form
            submit={label}
            act={async ({ text }) => {
              const reason = text('reason')
              await (isActive
                ? read(steward.admin.disable_requests.$post({ json: { user_id: uid, reason } }))
                : read(steward.admin.enable_requests[':id'].$post({ param: { id: uid }, json: { reason } })))
              asked.value = true
              close()
            }}
          >
            <p>Nothing changes until a super admin approves.</p>
            <Field label="Reason" name="reason" lines={3} max={500} required autofocus />
          </Form>
        )}
      </DialogButton>
      <p role="status">{asked.value && 'You asked. A super admin decides.'}</p>
    </>
  )
}
