import { useSignal } from '@preact/signals'
import { asStaff } from '../api/steward.ts'
import { brokenOff } from '../contacts/export.tsx'
import { Choices } from '../parts/choices.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { Form } from '../parts/form.tsx'
import { inBytes, save, wholeBody } from '../parts/save.ts'

const FORMATS = [
  {
    value: 'ndjson',
    label: 'NDJSON',
    hint: 'Byte for byte as it is in the chain: for npm run audit:verify.',
  },
  { value: 'csv', label: 'CSV', hint: 'For spreadsheets.' },
]

/** The button that downloads what the filters find. */
export const ExportTrail = ({ filter }: { filter: Record<string, string> }) => (
  <DialogButton label="Export" title="Export the trail">
    {(close) => <ExportForm filter={filter} close={close} />}
  </DialogButton>
)

function ExportForm({ filter, close }: { filter: Record<string, string>; close: () => void }) {
  const bytes = useSignal(0)
  return (
    <Form
      submit="Export"
      act={async ({ text }) => {
        const format = text('format')
        const parts: Blob[] = []
        let path: string | undefined = `/admin/audit/export?${new URLSearchParams({ ...filter, format })}`
        while (path) {
          const before = bytes.value
          const answer: Response = await asStaff(path)
          const part = await wholeBody(answer, (count) => {
            bytes.value = before + count
          }).catch(brokenOff)
          parts.push(parts.length > 0 && format === 'csv' ? await withoutHeader(part) : part)
          path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1]
        }
        save(`trail.${format}`, new Blob(parts))
        close()
      }}
    >
      <p>All entries that the filters find, oldest first.</p>
      <Choices legend="Format" name="format" options={FORMATS} chosen={['ndjson']} />
      <p role="status">{bytes.value > 0 && `${inBytes(bytes.value)} so far`}</p>
    </Form>
  )
}

/** A part of a CSV without its first row, which the first part has. */
async function withoutHeader(part: Blob): Promise<Blob> {
  const head = await part.slice(0, 64 * 1024).text()
  return part.slice(new TextEncoder().encode(head.slice(0, head.indexOf('\n') + 1)).length)
}
