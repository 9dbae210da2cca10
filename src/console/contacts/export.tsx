import type { Acting } from '../acting/acting.ts'
import { DialogButton } from '../parts/dialog.tsx'
import { ExportForm } from '../parts/export-form.tsx'
import { wholeBody } from '../parts/save.ts'

const FORMATS = [
  { value: 'csv', label: 'CSV', hint: 'For spreadsheets.' },
  { value: 'ndjson', label: 'NDJSON', hint: 'A line of JSON for each contact, for programs.' },
]

/** The button that downloads all contacts. */
export const ExportContacts = ({ acting }: { acting: Acting }) => (
  <DialogButton label="Export" title="Export all contacts">
    {(close) => (
      <ExportForm
        says="The export is on record, with how many contacts left."
        formats={FORMATS}
        name={`contacts-${acting.grant.customer_uid}`}
        read={async (format, onBytes, signal) =>
          wholeBody(await acting.fetch(`/contacts/export?format=${format}`, { signal }), onBytes)
        }
        close={close}
      />
    )}
  </DialogButton>
)
