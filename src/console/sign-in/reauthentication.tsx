import { useAction } from '../parts/action.ts'
import { Field, Form } from '../parts/form.tsx'
import { Problem } from '../parts/problem.tsx'
import { me } from '../session/session.ts'
import { type Method, post, usePasskey } from './calls.ts'

/** Proves again who is at the keyboard: by a passkey, or by the password and the code of an app. */
export function Reauthentication({ onDone }: { onDone: () => void }) {
  const factors = (me.value as { second_factors?: Method[] } | null)?.second_factors ?? []
  const hasApp = factors.includes('totp')
  const hasPasskey = factors.includes('passkey')
  const passkey = useAction(async () => {
    const options = await post<PublicKeyCredentialRequestOptionsJSON>('/admin/reauthenticate/options')
    await post('/admin/reauthenticate', { passkey: await usePasskey(options) })
    onDone()
  })
  return (
    <div class="form">
      {hasPasskey && (
        <div class="buttons">
          <button type="button" class="primary" onClick={() => passkey.run()} aria-disabled={passkey.busy}>
            Use a passkey
          </button>
        </div>
      )}
      <Problem of={passkey.refusal} />
      {(hasApp || !hasPasskey) && (
        <Form
          label="Confirm that it is you"
          submit="Confirm"
          act={async ({ text }) => {
            const code = hasApp && { totp: text('totp').trim() }
            await post('/admin/reauthenticate', { password: text('password'), ...code })
            onDone()
          }}
        >
          <input type="email" autocomplete="username" value={me.value?.email} readOnly hidden />
          <Field
            label="Password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            autofocus
          />
          {hasApp && (
            <Field label="Code" name="totp" inputMode="numeric" autocomplete="one-time-code" required />
          )}
        </Form>
      )}
    </div>
  )
}
