import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Choices, type Option } from './choices.tsx'
import { Form } from './form.tsx'
import { inBytes, save } from './save.ts'

interface ExportFormProps {
  /** What is exported. */
  says: string
  /** The formats that there are; the first is chosen. */
  formats: readonly Option[]
  /** What the file is called, without the format. */
  name: string
  /** Reads it to its end, unless it is broken off, and tells how many bytes came so far. */
  read: (format: string, onBytes: (count: number) => void, signal: AbortSignal) => Promise<Blob>
  close: () => void
}

/** Downloads something in one of some formats. Whoever closes it breaks it off. */
export function ExportForm({ says, formats, name, read, close }: ExportFormProps) {
  const bytes = useSignal(0)
  const aborter = useRef(new AbortController())
  useEffect(() => () => aborter.current.abort(), [])
  return (
    <Form
      submit="Export"
      act={async ({ text }) => {
        const format = text('format')
        const onBytes = (count: number) => {
          bytes.value = count
        }
        const file = await read(format, onBytes, aborter.current.signal)
        save(`${name}.${format}`, file)
        close()
      }}
    >
      <p>{says}</p>
      <Choices
        legend="Format"
        name="format"
        options={formats}
        chosen={formats.slice(0, 1).map(({ value }) => value)}
      />
      <p role="status">{bytes.value > 0 && `${inBytes(bytes.value)} so far`}</p>
    </Form>
  )
}
