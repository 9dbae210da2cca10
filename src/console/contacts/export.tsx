import { useSignal } from '@preact/signals'
import type { Acting } from '../acting/acting.ts'
import { Refusal } from '../api/refusal.ts'
import { Choices } from '../parts/choices.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { Form } from '../parts/form.tsx'
import { inBytes, save, wholeBody } from '../parts/save.ts'

const FORMATS = [
  { value: 'csv', label: 'CSV', hint: 'For spreadsheets.' },
  { value: 'ndjson', label: 'NDJSON', hint: 'A line of JSON for each contact, for programs.' },
]

/** The button that downloads all contacts. */
export const ExportContacts = ({ acting }: { acting: Acting }) => (
  <DialogButton label="Export" title="Export all contacts">
    {(close) => <ExportForm acting={acting} close={close} />}
  </DialogButton>
)

function ExportForm({ acting, close }: { acting: Acting; close: () => void }) {
  const bytes = useSignal(0)
  return (
    <Form
      submit="Export"
      act={async ({ text }) => {
        const format = text('format')
        const answer = await acting.fetch(`/contacts/export?format=${format}`)
        const file = await wholeBody(answer, (count) => {
          bytes.value = count
        }).catch(brokenOff)
        save(`contacts-${acting.grant.customer_uid}.${format}`, file)
        close()
      }}
    >
      <p>The export is on record, with how many contacts left.</p>
      <Choices legend="Format" name="format" options={FORMATS} chosen={['csv']} />
      <p role="status">{bytes.value > 0 && `${inBytes(bytes.value)} so far`}</p>
    </Form>
  )
}

/** @throws Refusal, for half an export is none */
export function brokenOff(): never {
  throw new Refusal(0, { code: 'broken_off', message: 'The export broke off, and nothing was kept' })
}
