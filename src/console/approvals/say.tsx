import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { DialogButton } from '../parts/dialog.tsx'
import { Field, Form } from '../parts/form.tsx'

/** Whether the person is about to say something: meanwhile nothing goes away that they say it to. */
export const isSaying = signal(false)

interface SayProps {
  label: string
  act: (comment: string) => Promise<unknown>
  look?: string
  /** Whether a comment has to be there. */
  required?: boolean
}

/** A decision, with a comment. */
export const Say = ({ label, look, ...form }: SayProps) => (
  <DialogButton label={label} {...(look && { class: look })}>
    {(close) => <SayForm label={label} {...form} close={close} />}
  </DialogButton>
)

function SayForm({ label, act, required = false, close }: SayProps & { close: () => void }) {
  useEffect(() => {
    isSaying.value = true
    return () => {
      isSaying.value = false
    }
  }, [])
  return (
    <Form
      submit={label}
      act={async ({ text }) => {
        await act(text('comment').trim())
        close()
      }}
    >
      <Field label="Comment" name="comment" lines={3} max={500} required={required} autofocus />
    </Form>
  )
}
