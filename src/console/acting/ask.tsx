import { useSignal } from '@preact/signals'
import type { Customer } from '../api/types.ts'
import { Check, Choices, Select } from '../parts/choices.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { Field, Form } from '../parts/form.tsx'
import { may } from '../session/may.ts'
import { ask } from './grants.ts'

const MODES = [
  { value: 'read', label: 'Read', hint: 'Look at lists and contacts, export them.' },
  { value: 'write', label: 'Write', hint: 'Create, change, delete and import as well.' },
]

const TIMES = [
  ['900', '15 minutes'],
  ['1800', '30 minutes'],
  ['3600', '1 hour'],
  ['7200', '2 hours'],
  ['14400', '4 hours'],
] as const

/** What the policy of a customer means for who asks. */
const POLICIES: Record<Customer['support_access'], string> = {
  open: 'The customer lets staff in. All that you do is on record, with the reason.',
  notify: 'The customer is told by mail when your access begins, why, and until when. It can end it.',
  ask: 'The customer is asked first. You see here when it has decided.',
  closed: 'The customer lets nobody of staff in.',
}

/** The button that asks for access, with its dialog. */
export const AskForAccess = ({ customer }: { customer: Customer }) => (
  <DialogButton label="Ask for access" class="primary">
    {(close) => <AskForm customer={customer} onAsked={close} />}
  </DialogButton>
)

function AskForm({ customer, onAsked }: { customer: Customer; onAsked: () => void }) {
  const emergency = useSignal(false)
  const modes = may('customers:write') ? MODES : MODES.slice(0, 1)
  const times = emergency.value ? TIMES.slice(0, 3) : TIMES
  return (
    <Form
      submit="Ask"
      act={async (filled) => {
        await ask({
          customer_uid: customer.customer_uid,
          reason: filled.text('reason'),
          ticket: filled.textOrNull('ticket'),
          mode: filled.text('mode') as 'read' | 'write',
          duration_seconds: Number(filled.text('duration_seconds')),
          break_glass: emergency.value,
        })
        onAsked()
      }}
    >
      <p class={customer.support_access === 'closed' ? 'note bad' : 'note'}>
        {POLICIES[customer.support_access]}
      </p>
      <Field
        label="Reason"
        name="reason"
        lines={3}
        max={500}
        required
        autofocus
        hint="The customer may read it: it is in its access log."
      />
      <Field label="Ticket" name="ticket" max={255} hint="If there is one." />
      <Choices legend="Mode" name="mode" options={modes} chosen={['read']} />
      <Select label="Time" name="duration_seconds" options={times} value="3600" />
      {may('break-glass') && (
        <div
          onChange={(event) => {
            emergency.value = (event.target as HTMLInputElement).checked
          }}
        >
          <Check label="Break glass" name="emergency">
            An emergency: nobody is asked, an hour at most. The customer and all super admins are mailed at
            once, and another super admin has to review it.
          </Check>
        </div>
      )}
      {emergency.value && (
        <Field label="Type BREAK GLASS to go on" name="word" required pattern="BREAK GLASS" />
      )}
    </Form>
  )
}
