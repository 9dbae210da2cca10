import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useAction } from './action.tsx'
import { type Filled, Form } from './form.tsx'
import { Problem } from './problem.tsx'

interface SecretFormProps {
  /** What the secret is. */
  label: string
  submit: string
  /** Makes it, and returns its text, which waits for nothing else: nobody can make it again. */
  make: (filled: Filled) => Promise<string>
  onDone: () => void
  children: ComponentChildren
}

/** A form that makes something secret, which takes its place: from when it is made on, only Done closes the dialog. */
export function SecretForm({ label, submit, make, onDone, children }: SecretFormProps) {
  const made = useSignal<string | null>(null)
  if (made.value) return <Secret label={label} text={made.value} onDone={onDone} />
  const act = async (filled: Filled) => {
    made.value = await make(filled)
  }
  return (
    <Form submit={submit} act={act} holds>
      {children}
    </Form>
  )
}

/** Something that is shown this once: it is in the page while it is seen, and nowhere else. */
function Secret({ label, text, onDone }: { label: string; text: string; onDone: () => void }) {
  const copied = useSignal(false)
  const copy = useAction(async () => {
    await navigator.clipboard.writeText(text).catch(() => {
      throw new Error('The browser did not let it be copied: select the text, and copy it yourself')
    })
    copied.value = true
  })
  return (
    <div class="form" data-held>
      <p>This is shown once. Keep it where secrets are kept: nobody can show it again.</p>
      <section aria-label={label}>
        <pre class="secret">{text}</pre>
      </section>
      <div class="buttons">
        <button type="button" class="primary" onClick={onDone}>
          Done
        </button>
        <button type="button" onClick={() => copy.run()}>
          {copied.value ? 'Copied' : 'Copy'}
        </button>
        <span class="unseen" role="status">
          {copied.value ? 'Copied' : ''}
        </span>
      </div>
      <Problem of={copy.refusal} />
    </div>
  )
}
