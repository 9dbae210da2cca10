import { useSignal } from '@preact/signals'
import { changed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Admin, Role } from '../api/types.ts'
import { Action } from '../parts/action.tsx'
import { Select } from '../parts/choices.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Form } from '../parts/form.tsx'
import { ROLE_OPTIONS } from './roles.ts'

/** The button that opens what a super admin can do to the account of somebody else. */
export const Manage = ({ admin }: { admin: Admin }) => (
  <DialogButton label="Manage" title={admin.email} class="quiet">
    {() => <Actions admin={admin} />}
  </DialogButton>
)

function Actions({ admin }: { admin: Admin }) {
  const done = useSignal('')
  const param = { id: `${admin.id}` }
  const after = async (text: string) => {
    await changed('staff')
    done.value = text
  }
  return (
    <div class="form">
      <p role="status" class={done.value ? 'note good' : 'unseen'}>
        {done.value}
      </p>
      <Form
        submit="Change the role"
        act={async ({ text }) => {
          await read(steward.admin.role[':id'].$post({ param, json: { role: text('role') as Role } }))
          await after('The role is changed, and all sessions of the account are over.')
        }}
      >
        <Select label="Role" name="role" options={ROLE_OPTIONS} value={admin.role} />
      </Form>
      <div class="stack">
        {admin.disabled ? (
          <Action
            act={async () => {
              await read(steward.admin.enable[':id'].$post({ param }))
              await after('Enabled.')
            }}
          >
            Enable
          </Action>
        ) : (
          <Danger
            label="Disable"
            title={`Disable ${admin.email}`}
            says="Its sessions, API keys and access to customers end at once."
            word="DISABLE"
            act={async () => {
              await read(steward.admin.disable[':id'].$post({ param }))
              await after('Disabled.')
            }}
          />
        )}
        {admin.locked && (
          <Action
            act={async () => {
              await read(steward.admin.unlock[':id'].$post({ param }))
              await after('A mail with a link that unlocks it is on its way.')
            }}
          >
            Mail a link to unlock
          </Action>
        )}
        <Danger
          label="Reset the password"
          says="A random password is mailed to the account, and its sessions, keys and access to customers end at once."
          word="RESET"
          act={async () => {
            await read(steward.admin.reset_password[':id'].$post({ param }))
            await after('A new password is on its way.')
          }}
        />
        <Danger
          label="Reset the second factor"
          says="All of its passkeys, its app and its recovery codes are taken away, and its sessions, keys and access to customers end. Be sure who asked you."
          word="RESET"
          act={async () => {
            await read(steward.admin.reset_second_factor[':id'].$post({ param }))
            await after('The account has no second factor any more.')
          }}
        />
        <Danger
          label="Revoke all credentials"
          says="Every session, API key and access to customers that the account ever made ends at once."
          word="REVOKE"
          act={async () => {
            await read(steward.admin.revoke_credentials[':id'].$post({ param }))
            await after('All is revoked.')
          }}
        />
        <Danger
          label="End all sessions"
          says="Whoever is signed in as this account has to sign in again."
          word="END"
          act={async () => {
            await read(steward.admin[':id'].sessions.$delete({ param }))
            await after('All sessions are over.')
          }}
        />
      </div>
    </div>
  )
}
