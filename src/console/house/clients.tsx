import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Client } from '../api/types.ts'
import { Action } from '../parts/action.tsx'
import { Check } from '../parts/choices.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Field, type Filled, Form } from '../parts/form.tsx'
import { Page } from '../parts/page.tsx'
import { SecretForm } from '../parts/secret.tsx'
import { Badge, type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { Grace } from './grace.tsx'

const COLUMNS: Column<Client>[] = [
  {
    head: 'Client',
    names: true,
    cell: ({ id, name }) => (
      <>
        {name}
        <code class="below">{id}</code>
      </>
    ),
  },
  { head: 'Created', wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
  {
    head: 'Signatures',
    wide: true,
    cell: ({ require_bound_signatures }) => (require_bound_signatures ? 'bound' : 'either'),
  },
  {
    head: 'State',
    cell: ({ disabled }) =>
      disabled ? <Badge tone="bad">Disabled</Badge> : <Badge tone="good">Enabled</Badge>,
  },
  { head: '', cell: (client) => <Actions client={client} /> },
]

/** The registered callers of the API. */
export function ClientsScreen() {
  const list = useListed(['clients'], async (query) =>
    adminPage(await read(steward.admin.clients.$get({ query }))),
  )
  return (
    <Page title="Clients" lead="Programs that sign in people, each by its secret." actions={<NewClient />}>
      <Table
        label="Clients"
        columns={COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        empty="There are no clients."
      />
    </Page>
  )
}

const NewClient = () => (
  <DialogButton label="New client" class="primary">
    {(close) => (
      <SecretForm
        label="Client secret"
        submit="Create"
        onDone={close}
        make={async (filled) => {
          const { data } = await read(steward.admin.clients.$post({ json: bodyOf(filled) }))
          void changed('clients')
          return data.secret
        }}
      >
        <Fields />
      </SecretForm>
    )}
  </DialogButton>
)

const Fields = ({ client }: { client?: Client }) => (
  <>
    <Field label="Name" name="name" value={client?.name} required max={255} autofocus />
    <Check label="Require bound signatures" name="bound" checked={client?.require_bound_signatures}>
      Every call is signed with its time, method and path, and counts once.
    </Check>
  </>
)

const bodyOf = ({ text, has }: Filled) => ({ name: text('name'), require_bound_signatures: has('bound') })

function Actions({ client }: { client: Client }) {
  const one = steward.admin.clients[':id']
  const param = { id: client.id }
  return (
    <div class="buttons">
      <DialogButton label="Edit" title={`Edit ${client.name}`} class="quiet">
        {(close) => (
          <Form
            submit="Save"
            act={async (filled) => {
              await read(one.$patch({ param, json: bodyOf(filled) }))
              await changed('clients')
              close()
            }}
          >
            <Fields client={client} />
          </Form>
        )}
      </DialogButton>
      <DialogButton label="Rotate" title={`New secret of ${client.name}`} class="quiet">
        {(close) => <Rotate client={client} close={close} />}
      </DialogButton>
      {client.disabled ? (
        <Action
          class="quiet"
          act={async () => {
            await read(one.enable.$post({ param }))
            await changed('clients')
          }}
        >
          Enable
        </Action>
      ) : (
        <Danger
          label="Disable"
          title={`Disable ${client.name}`}
          says="All who work by this client are refused from their next call on."
          word="DISABLE"
          act={async () => {
            await read(one.disable.$post({ param }))
            await changed('clients')
          }}
        />
      )}
    </div>
  )
}

const Rotate = ({ client, close }: { client: Client; close: () => void }) => (
  <SecretForm
    label="Client secret"
    submit="Rotate"
    onDone={close}
    make={async ({ text }) => {
      const call = { param: { id: client.id }, json: { grace_seconds: Number(text('grace_seconds')) } }
      const { data } = await read(steward.admin.clients[':id'].rotate.$post(call))
      void changed('clients')
      return data.secret
    }}
  >
    <Grace of="secret" />
  </SecretForm>
)
