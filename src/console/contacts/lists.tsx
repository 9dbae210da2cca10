import { Link } from 'wouter-preact'
import { type Acting, changedUnder, readUnder } from '../acting/acting.ts'
import { useListed } from '../api/queries.ts'
import { read } from '../api/steward.ts'
import type { ContactList } from '../api/types.ts'
import { Action } from '../parts/action.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Field, type Filled, Form } from '../parts/form.tsx'
import { type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { ActingPage } from './acting-page.tsx'

/** The lists of a customer. */
export const ListsScreen = ({ uid }: { uid: string }) => (
  <ActingPage uid={uid} title="Lists" actions={(acting) => acting.canWrite && <NewList acting={acting} />}>
    {(acting) => <Lists uid={uid} acting={acting} />}
  </ActingPage>
)

function Lists({ uid, acting }: { uid: string; acting: Acting }) {
  const list = useListed(readUnder(acting.grant.id, 'lists'), async (query) => {
    const { lists, pagination } = await read(acting.api.lists.$get({ query }))
    return { items: lists, next: pagination.next_cursor }
  })
  const columns: Column<ContactList>[] = [
    {
      head: 'Name',
      names: true,
      cell: ({ uid: listUid, name, description }) => (
        <>
          <Link href={`/customers/${uid}/lists/${listUid}`}>{name}</Link>
          {description && <span class="below">{description}</span>}
        </>
      ),
    },
    { head: 'Contacts', cell: ({ contacts_count }) => contacts_count },
    { head: 'Changed', wide: true, cell: ({ updated_at }) => <Time at={updated_at} /> },
    ...(acting.canWrite
      ? [{ head: '', cell: (one: ContactList) => <Actions acting={acting} list={one} /> }]
      : []),
  ]
  return (
    <Table
      label="Lists"
      columns={columns}
      list={list}
      keyOf={(one) => one.uid}
      empty="The customer has no lists."
    />
  )
}

const Fields = ({ list }: { list?: ContactList }) => (
  <>
    <Field label="Name" name="name" value={list?.name} max={255} required autofocus />
    <Field label="Description" name="description" value={list?.description} lines={2} />
  </>
)

const bodyOf = ({ text, textOrNull }: Filled) => ({
  name: text('name'),
  description: textOrNull('description'),
})

const NewList = ({ acting }: { acting: Acting }) => (
  <DialogButton label="New list" class="primary">
    {(close) => (
      <Form
        submit="Create"
        act={async (filled) => {
          await read(acting.api.lists.$post({ json: bodyOf(filled) }))
          await changedUnder(acting)
          close()
        }}
      >
        <Fields />
      </Form>
    )}
  </DialogButton>
)

function Actions({ acting, list }: { acting: Acting; list: ContactList }) {
  const lists = acting.api.lists[':uid']
  const param = { uid: list.uid }
  return (
    <div class="buttons">
      <DialogButton label="Edit" title="Edit the list" class="quiet">
        {(close) => (
          <Form
            submit="Save"
            act={async (filled) => {
              await read(lists.$patch({ param, json: filled.changed(bodyOf(filled)) }))
              await changedUnder(acting)
              close()
            }}
          >
            <Fields list={list} />
          </Form>
        )}
      </DialogButton>
      <Action
        class="quiet"
        act={async () => {
          await read(lists.copy.$post({ param, json: {} }))
          await changedUnder(acting)
        }}
      >
        Copy
      </Action>
      <Danger
        label="Delete"
        title={`Delete ${list.name}`}
        says={`The list goes for good, with who is in it (${list.contacts_count}). The contacts themselves stay.`}
        word="DELETE"
        act={async () => {
          await read(lists.$delete({ param }))
          await changedUnder(acting)
        }}
      />
    </div>
  )
}
