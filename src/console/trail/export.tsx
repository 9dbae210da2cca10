import { asStaff } from '../api/steward.ts'
import { DialogButton } from '../parts/dialog.tsx'
import { ExportForm } from '../parts/export-form.tsx'
import { wholeBody } from '../parts/save.ts'

const FORMATS = [
  {
    value: 'ndjson',
    label: 'NDJSON',
    hint: 'Byte for byte as it is in the chain: for npm run audit:verify.',
  },
  { value: 'csv', label: 'CSV', hint: 'For spreadsheets.' },
]

type Filter = Record<string, string>

/** The button that downloads what the filters find. */
export const ExportTrail = ({ filter }: { filter: Filter }) => (
  <DialogButton label="Export" title="Export the trail">
    {(close) => (
      <ExportForm
        says="All entries that the filters find, oldest first."
        formats={FORMATS}
        name="trail"
        read={(format, onBytes, signal) => wholeExport({ ...filter, format }, onBytes, signal)}
        close={close}
      />
    )}
  </DialogButton>
)

/** Reads all parts of an export, of which each names the next. */
async function wholeExport(
  query: Filter,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const parts: Blob[] = []
  let path: string | undefined = `/admin/audit/export?${new URLSearchParams(query)}`
  let before = 0
  while (path) {
    const answer: Response = await asStaff(path, { signal })
    const part = await wholeBody(answer, (count) => onBytes(before + count))
    before += part.size
    parts.push(parts.length > 0 && query.format === 'csv' ? await withoutHeader(part) : part)
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1]
  }
  return new Blob(parts)
}

/** A part of a CSV without its first row, which the first part has. */
async function withoutHeader(part: Blob): Promise<Blob> {
  const head = await part.slice(0, 64 * 1024).text()
  return part.slice(new TextEncoder().encode(head.slice(0, head.indexOf('\n') + 1)).length)
}
