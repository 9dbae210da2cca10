import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { type Acting, changedUnder } from '../acting/acting.ts'
import type { Imported } from '../api/types.ts'
import { Choices } from '../parts/choices.tsx'
import { DialogButton } from '../parts/dialog.tsx'
import { type Filled, Form } from '../parts/form.tsx'
import { inBytes } from '../parts/save.ts'
import { Results } from './import-results.tsx'
import { upload } from './upload.ts'

const UNKNOWN_COLUMNS = [
  { value: 'refuse', label: 'Refuse the file' },
  { value: 'ignore', label: 'Leave them out' },
  { value: 'fields', label: 'Keep them as other fields' },
]

interface ImportProps {
  acting: Acting
  /** Where the file is sent. */
  path: string
}

/** The button that imports contacts from a file. */
export const ImportContacts = (props: ImportProps) => (
  <DialogButton label="Import" title="Import contacts">
    {(close) => <Import {...props} close={close} />}
  </DialogButton>
)

function Import({ acting, path, close }: ImportProps & { close: () => void }) {
  const imported = useSignal<Imported | null>(null)
  const file = useSignal<File | null>(null)
  const sent = useSignal(0)
  if (imported.value) return <Results of={imported.value} onDone={close} />
  const act = async ({ text }: Filled) => {
    if (!file.value) return
    const unknown = text('unknown_columns')
    const query = unknown === 'refuse' ? '' : `?unknown_columns=${unknown}`
    try {
      imported.value = await upload(acting, path + query, file.value, (part) => {
        sent.value = part
      })
    } finally {
      sent.value = 0
    }
    await changedUnder(acting)
  }
  return (
    <Form submit="Import" act={act} holds>
      <p>Whoever is known by the email is updated, all others are created. A bad row spoils no other.</p>
      <DropZone file={file.value} onFile={(dropped) => (file.value = dropped)} />
      <Choices
        legend="Columns that are not known"
        name="unknown_columns"
        options={UNKNOWN_COLUMNS}
        chosen={['refuse']}
      />
      {sent.value > 0 && (
        <p>
          <progress value={sent.value} max={1} aria-label="Progress" />
          {sent.value === 1 && ' Reading the rows …'}
        </p>
      )}
    </Form>
  )
}

/** Takes a file that is dropped or chosen. */
function DropZone({ file, onFile }: { file: File | null; onFile: (file: File) => void }) {
  const id = useId()
  const over = useSignal(false)
  const take = (files: FileList | null | undefined) => {
    over.value = false
    const first = files?.[0]
    if (first) onFile(first)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way, beside the field within.
    <div
      class={over.value ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        over.value = true
      }}
      onDragLeave={() => {
        over.value = false
      }}
      onDrop={(event) => {
        event.preventDefault()
        take(event.dataTransfer?.files)
      }}
    >
      <label for={id}>CSV file</label>
      <input
        id={id}
        type="file"
        accept=".csv,.tsv,.txt,.ndjson,text/csv"
        required={!file}
        aria-describedby={`${id}-hint`}
        onChange={({ currentTarget }) => take(currentTarget.files)}
      />
      <p class="hint" id={`${id}-hint`}>
        {file
          ? `${file.name}, ${inBytes(file.size)}`
          : 'Drop it here or choose it: up to 10,000 rows and 8 MiB, with a header row such as email,first_name,last_name,phone.'}
      </p>
    </div>
  )
}
