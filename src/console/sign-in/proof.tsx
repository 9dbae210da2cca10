import { useSignal } from '@preact/signals'
import { Action } from '../parts/action.tsx'
import { Field, Form } from '../parts/form.tsx'
import { type Proof as Given, type SecondStep, usePasskey } from './calls.ts'

interface ProofProps {
  methods: SecondStep['methods']
  options: SecondStep['passkey_options']
  submit: string
  act: (proof: Given) => Promise<unknown>
  onBack: () => void
}

/** A second factor: a passkey, the code of an app, or a recovery code. */
export function Proof({ methods, options, submit, act, onBack }: ProofProps) {
  const byRecovery = useSignal(!methods.includes('totp'))
  const canUseCode = methods.includes('totp') || methods.includes('recovery_code')
  const name = byRecovery.value ? 'recovery_code' : 'totp'
  const back = (
    <button type="button" onClick={onBack}>
      Back
    </button>
  )
  return (
    <>
      {methods.includes('passkey') && (
        <div class="form">
          <p>Confirm that it is you by your passkey.</p>
          <div class="buttons">
            <Action class="primary" act={async () => options && act({ passkey: await usePasskey(options) })}>
              Use a passkey
            </Action>
            {!canUseCode && back}
          </div>
        </div>
      )}
      {canUseCode && (
        <Form
          key={name}
          label="Second factor"
          submit={submit}
          beside={back}
          act={({ text }) => act({ [name]: text('code').trim() })}
        >
          <Field
            label="Code"
            name="code"
            required
            autofocus
            autocomplete="one-time-code"
            hint={
              byRecovery.value
                ? 'One of your recovery codes. Each works once.'
                : 'The six digits that your app shows.'
            }
            {...(!byRecovery.value && { inputMode: 'numeric' as const })}
          />
          {methods.includes('totp') && methods.includes('recovery_code') && (
            <button
              type="button"
              class="link"
              onClick={() => {
                byRecovery.value = !byRecovery.value
              }}
            >
              {byRecovery.value ? 'Use the code of an app' : 'Use a recovery code'}
            </button>
          )}
        </Form>
      )}
    </>
  )
}
