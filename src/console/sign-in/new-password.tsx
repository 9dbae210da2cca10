import { read, steward } from '../api/steward.ts'
import { Field, type Filled, Form } from '../parts/form.tsx'
import { begin, me } from '../session/session.ts'
import { Leave } from './leave.tsx'

/** Changes the own password. @throws Refusal with errors of its fields */
export async function changePassword({ text }: Filled): Promise<void> {
  const json = {
    current_password: text('current_password'),
    password: text('password'),
    password_confirmation: text('password_confirmation'),
  }
  const { data } = await read(steward.admin.update_password.$post({ json }))
  begin(data)
}

/** The fields of a change of the own password. */
export const PasswordFields = () => (
  <>
    <input type="email" autocomplete="username" value={me.value?.email} readOnly hidden />
    <Field
      label="Current password"
      name="current_password"
      type="password"
      autocomplete="current-password"
      required
    />
    <Field
      label="New password"
      name="password"
      type="password"
      autocomplete="new-password"
      required
      hint="15 characters or more. A few words that do not belong together are good."
    />
    <Field
      label="Confirm new password"
      name="password_confirmation"
      type="password"
      autocomplete="new-password"
      required
    />
  </>
)

/** The screen of those whose password was mailed, or is over. */
export const NewPasswordScreen = () => (
  <main class="alone" id="main">
    <p class="brand">Steward</p>
    <h1>Choose a password</h1>
    <p>The one that you signed in with was made for you. Nobody but you will know the next.</p>
    <Form label="Choose a password" submit="Save" act={changePassword} beside={<Leave />}>
      <PasswordFields />
    </Form>
  </main>
)
