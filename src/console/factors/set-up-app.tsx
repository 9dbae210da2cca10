import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { read, steward } from '../api/steward.ts'
import { useAction } from '../parts/action.tsx'
import { Field, Form } from '../parts/form.tsx'
import { lazy } from '../parts/lazy.tsx'
import { Problem } from '../parts/problem.tsx'
import { factorsChanged } from './mine.ts'

const QrCode = lazy(async () => (await import('./qr-code.tsx')).QrCode)

interface Secret {
  secret: string
  otpauth_url: string
}

/** Shows an app its secret, and takes the first code of it. */
export function SetUpApp({ close }: { close: () => void }) {
  const made = useSignal<Secret | null>(null)
  const { run, refusal } = useAction(async () => {
    made.value = (await read(steward.admin.totp.$post())).data
  })
  useEffect(() => void run(), [])
  if (!made.value) return refusal ? <Problem of={refusal} /> : <p class="loading">Loading …</p>
  const { secret, otpauth_url } = made.value
  return (
    <Form
      submit="Confirm"
      act={async ({ text }) => {
        await read(steward.admin.totp.confirm.$post({ json: { totp: text('code').trim() } }))
        await factorsChanged()
        close()
      }}
    >
      <p>
        Scan this with your app. On this device: <a href={otpauth_url}>open the app</a>. Or type the secret
        into it.
      </p>
      <QrCode text={otpauth_url} label="The secret, to scan" />
      <section aria-label="Secret of the app">
        <pre class="secret">{secret.replace(/(.{4})/g, '$1 ').trim()}</pre>
      </section>
      <Field
        label="Code"
        name="code"
        required
        autofocus
        inputMode="numeric"
        autocomplete="one-time-code"
        hint="The six digits that the app shows then."
      />
    </Form>
  )
}
