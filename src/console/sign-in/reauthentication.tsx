import { Field, type Filled, Form } from '../parts/form.tsx'
import { me } from '../session/session.ts'
import { type Method, post, usePasskey } from './calls.ts'

/** Proves again, by all factors that the account has, who is at the keyboard. */
export function Reauthentication({ onDone }: { onDone: () => void }) {
  const factors = (me.value as { second_factors?: Method[] } | null)?.second_factors ?? []
  const hasApp = factors.includes('totp')
  const act = async ({ text }: Filled) => {
    const second = hasApp
      ? { totp: text('code').trim() }
      : factors.includes('passkey') && { passkey: await passkeyProof() }
    await post('/admin/reauthenticate', { password: text('password'), ...second })
    onDone()
  }
  return (
    <Form
      label="Confirm that it is you"
      submit={hasApp || factors.length === 0 ? 'Confirm' : 'Confirm by passkey'}
      act={act}
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
      {hasApp && <Field label="Code" name="code" inputMode="numeric" autocomplete="one-time-code" required />}
    </Form>
  )
}

const passkeyProof = async () =>
  usePasskey(await post<PublicKeyCredentialRequestOptionsJSON>('/admin/reauthenticate/options'))
