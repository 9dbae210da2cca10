import { useSignal } from '@preact/signals'
import { Action } from '../parts/action.tsx'
import { Field, Form } from '../parts/form.tsx'
import { serviceNow } from '../session/clock.ts'
import { type SecondStep, secondStep, signIn, signInByPasskey } from './calls.ts'
import { Proof } from './proof.tsx'

interface SignInProps {
  /** Who has to sign in, where somebody goes on with what they were doing. */
  email?: string | undefined
  onDone?: () => void
}

/** Email and password, and what has to be proven besides; or a passkey alone. */
export function SignIn({ email, onDone }: SignInProps) {
  const step = useSignal<SecondStep | null>(null)
  const isLate = useSignal(false)
  if (step.value) {
    const current = step.value
    return (
      <Proof
        methods={current.methods}
        options={current.passkey_options}
        submit="Sign in"
        act={async (proof) => {
          if (Date.parse(current.expires_at) < serviceNow.value) {
            isLate.value = true
            step.value = null
            return
          }
          await secondStep(current, proof)
          onDone?.()
        }}
        onBack={() => {
          step.value = null
        }}
      />
    )
  }
  return (
    <Form
      label="Sign in"
      submit="Sign in"
      act={async ({ text }) => {
        isLate.value = false
        step.value = (await signIn(text('email'), text('password'))) ?? null
        if (!step.value) onDone?.()
      }}
      beside={
        <Action
          act={async () => {
            await signInByPasskey()
            onDone?.()
          }}
        >
          Use a passkey
        </Action>
      }
    >
      {isLate.value && (
        <p class="note warn" role="alert">
          The second step took too long. Begin again with your password.
        </p>
      )}
      <Field
        label="Email"
        name="email"
        type="email"
        value={email}
        autocomplete="username"
        required
        autofocus
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        required
        autofocus={email !== undefined}
      />
    </Form>
  )
}

/** The screen of those who are not signed in. */
export const SignInScreen = () => (
  <main class="alone" id="main">
    <p class="brand">Steward</p>
    <h1>Sign in</h1>
    <SignIn />
    <p class="hint">Password lost? A super admin can send you a new one.</p>
  </main>
)
