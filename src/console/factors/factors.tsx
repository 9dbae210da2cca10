import { useThing } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Field, Form } from '../parts/form.tsx'
import { Section } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { SecretForm } from '../parts/secret.tsx'
import { Time } from '../parts/time.tsx'
import { makePasskey } from '../sign-in/calls.ts'
import { factorsChanged, ownFactors } from './mine.ts'
import { SetUpApp } from './set-up-app.tsx'

/** Passkeys, the app, and the codes that stand in for them. */
export function Factors() {
  const hasApp = ownFactors().includes('totp')
  return (
    <Section
      title="Second factors"
      actions={
        <>
          <AddPasskey />
          {!hasApp && (
            <DialogButton label="Set up an authenticator app">
              {(close) => <SetUpApp close={close} />}
            </DialogButton>
          )}
          <RecoveryCodes />
        </>
      }
    >
      {ownFactors().length === 0 && (
        <p class="note warn">Your password is all that keeps others out. A passkey is safer, and quicker.</p>
      )}
      <Passkeys />
      {hasApp && (
        <div class="row">
          <p>
            <strong>Authenticator app</strong>
          </p>
          <Danger
            label="Remove"
            title="Remove the authenticator app"
            says="Its codes sign you in no more."
            word="REMOVE"
            act={async () => {
              await read(steward.admin.totp.$delete())
              await factorsChanged()
            }}
          />
        </div>
      )}
    </Section>
  )
}

function Passkeys() {
  const { data, error } = useThing(
    ['passkeys'],
    async () => (await read(steward.admin.passkeys.$get({ query: {} }))).data,
  )
  return (
    <>
      <Problem of={error} />
      {data?.map(({ id, name, created_at, last_used_at }) => (
        <div class="row" key={id}>
          <p>
            <strong>{name}</strong>
            <span class="below">
              Passkey since <Time at={created_at} />, last used <Time at={last_used_at} />
            </span>
          </p>
          <Danger
            label="Remove"
            title={`Remove ${name}`}
            says="It signs you in no more. Remove it on your device too."
            word="REMOVE"
            act={async () => {
              await read(steward.admin.passkeys[':id'].$delete({ param: { id } }))
              await factorsChanged()
            }}
          />
        </div>
      ))}
    </>
  )
}

const AddPasskey = () => (
  <DialogButton label="Add a passkey" class="primary">
    {(close) => (
      <Form
        submit="Go on"
        act={async ({ text }) => {
          const { data: options } = await read(steward.admin.passkeys.options.$post())
          const credential = await makePasskey(options)
          await read(steward.admin.passkeys.$post({ json: { name: text('name'), credential } }))
          await factorsChanged()
          close()
        }}
      >
        <p>Your device asks for your finger, your face or its PIN, and keeps the passkey.</p>
        <Field label="Name" name="name" required max={255} hint="Such as: My laptop" autofocus />
      </Form>
    )}
  </DialogButton>
)

const RecoveryCodes = () => (
  <DialogButton label="New recovery codes">
    {(close) => (
      <SecretForm
        label="Recovery codes"
        submit="Make them"
        onDone={close}
        make={async () => (await read(steward.admin.recovery_codes.$post())).data.recovery_codes.join('\n')}
      >
        <p>Ten codes, each of which stands in for your second factor once. Those that you had before end.</p>
      </SecretForm>
    )}
  </DialogButton>
)
