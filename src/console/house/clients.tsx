import { useSignal } from '@preact/signals'
import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { Client } from '../api/types.ts'
import { useAction } from '../parts/action.ts'
import { Check, Select } from '../parts/choices.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Field, type Filled, Form } from '../parts/form.tsx'
import { Page } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Secret } from '../parts/secret.tsx'
import { Badge, type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'

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
    {(close) => <NewClientForm close={close} />}
  </DialogButton>
)

function NewClientForm({ close }: { close: () => void }) {
  const secret = useSignal<string | null>(null)
  if (secret.value) return <Secret label="Client secret" text={secret.value} onDone={close} />
  return (
    <Form
      submit="Create"
      act={async (filled) => {
        secret.value = (await read(steward.admin.clients.$post({ json: bodyOf(filled) }))).data.secret
        await changed('clients')
      }}
    >
      <Fields />
    </Form>
  )
}

const Fields = ({ client }: { client?: Client }) => (
  <>
    <Field label="Name" name="name" value={client?.name} required max={255} autofocus />
    <Check label="Require bound signatures" name="bound" checked={client?.require_bound_signatures}>
      Every call is signed with its time, method and path, and counts once.
    </Check>
  </>
)

const bodyOf = ({ text, has }: Filled) => ({ name: text('name'), require_bound_signatures: has('bound') })

const GRACE = [
  ['0', 'Now'],
  ['3600', 'In an hour'],
  ['86400', 'In a day'],
  ['604800', 'In a week'],
] as const

function Actions({ client }: { client: Client }) {
  const one = steward.admin.clients[':id']
  const param = { id: client.id }
  const enable = useAction(async () => {
    await read(one.enable.$post({ param }))
    await changed('clients')
  })
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
        <button type="button" class="quiet" onClick={() => enable.run()}>
          Enable
        </button>
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
      <Problem of={enable.refusal} />
    </div>
  )
}

function Rotate({ client, close }: { client: Client; close: () => void }) {
  const secret = useSignal<string | null>(null)
  if (secret.value) return <Secret label="Client secret" text={secret.value} onDone={close} />
  return (
    <Form
      submit="Rotate"
      act={async ({ text }) => {
        const json = { grace_seconds: Number(text('grace_seconds')) }
        const call = { param: { id: client.id }, json }
        secret.value = (await read(steward.admin.clients[':id'].rotate.$post(call))).data.secret
        await changed('clients')
      }}
    >
      <Select label="The secret of now ends" name="grace_seconds" options={GRACE} value="0" />
    </Form>
  )
}
