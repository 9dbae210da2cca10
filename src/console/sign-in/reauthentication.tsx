import { read, steward } from '../api/steward.ts'
import { Action } from '../parts/action.tsx'
import { Field, Form } from '../parts/form.tsx'
import { me } from '../session/session.ts'
import { usePasskey } from './calls.ts'

const reauthenticate = steward.admin.reauthenticate

/** Proves again who is at the keyboard: by a passkey, or by the password and the code of an app. */
export function Reauthentication({ onDone }: { onDone: () => void }) {
  const factors = me.value?.second_factors ?? []
  const hasApp = factors.includes('totp')
  const hasPasskey = factors.includes('passkey')
  return (
    <div class="form">
      {hasPasskey && (
        <div class="buttons">
          <Action
            class="primary"
            act={async () => {
              const { data: options } = await read(reauthenticate.options.$post())
              await read(reauthenticate.$post({ json: { passkey: await usePasskey(options) } }))
              onDone()
            }}
          >
            Use a passkey
          </Action>
        </div>
      )}
      {(hasApp || !hasPasskey) && (
        <Form
          label="Confirm that it is you"
          submit="Confirm"
          act={async ({ text }) => {
            const code = hasApp && { totp: text('totp').trim() }
            await read(reauthenticate.$post({ json: { password: text('password'), ...code } }))
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
