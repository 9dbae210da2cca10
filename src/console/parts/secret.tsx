import { useSignal } from '@preact/signals'

/** Something that is shown this once: it is in the page while it is seen, and nowhere else. */
export function Secret({ label, text, onDone }: { label: string; text: string; onDone: () => void }) {
  const copied = useSignal(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    copied.value = true
  }
  return (
    <div class="form">
      <p>This is shown once. Keep it where secrets are kept: nobody can show it again.</p>
      <section aria-label={label}>
        <pre class="secret">{text}</pre>
      </section>
      <div class="buttons">
        <button type="button" class="primary" onClick={onDone}>
          Done
        </button>
        <button type="button" onClick={copy}>
          {copied.value ? 'Copied' : 'Copy'}
        </button>
        <span class="unseen" role="status">
          {copied.value ? 'Copied' : ''}
        </span>
      </div>
    </div>
  )
}
