import { useSignal } from '@preact/signals'
import { type Acting, changedUnder, readUnder } from '../acting/acting.ts'
import { useListed } from '../api/queries.ts'
import { read } from '../api/steward.ts'
import type { Contact } from '../api/types.ts'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Form } from '../parts/form.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { ActingPage } from './acting-page.tsx'
import { ContactFields, contactOf, PERSON_COLUMN } from './contact-fields.tsx'
import { ExportContacts } from './export.tsx'
import { ImportContacts } from './import.tsx'

/** The contacts of a customer. */
export const ContactsScreen = ({ uid }: { uid: string }) => (
  <ActingPage
    uid={uid}
    title="Contacts"
    actions={(acting) => (
      <>
        {acting.canWrite && <NewContact acting={acting} />}
        {acting.canWrite && <ImportContacts acting={acting} path="/contacts/bulk" />}
        <ExportContacts acting={acting} />
      </>
    )}
  >
    {(acting) => <Contacts acting={acting} />}
  </ActingPage>
)

function Contacts({ acting }: { acting: Acting }) {
  const search = useSignal('')
  const list = useListed(readUnder(acting.grant.id, 'contacts', search.value), async (cursor) => {
    const query = { ...cursor, ...(search.value && { search: search.value }) }
    const { contacts, pagination } = await read(acting.api.contacts.$get({ query }))
    return { items: contacts, next: pagination.next_cursor }
  })
  const columns: Column<Contact>[] = [
    PERSON_COLUMN,
    { head: 'Telephone', wide: true, cell: ({ phone }) => phone },
    { head: 'Changed', wide: true, cell: ({ updated_at }) => <Time at={updated_at} /> },
    ...(acting.canWrite
      ? [{ head: '', cell: (one: Contact) => <Actions acting={acting} contact={one} /> }]
      : []),
  ]
  return (
    <>
      <SearchForm
        label="Find a contact"
        placeholder="Email or name"
        onSearch={(text) => {
          search.value = text
        }}
      />
      <Table
        label="Contacts"
        columns={columns}
        list={list}
        keyOf={({ uid }) => uid}
        empty="There are no contacts."
      />
    </>
  )
}

const NewContact = ({ acting }: { acting: Acting }) => (
  <DialogButton label="New contact" class="primary">
    {(close) => (
      <Form
        submit="Create"
        act={async (filled) => {
          await read(acting.api.contacts.$post({ json: contactOf(filled) }))
          await changedUnder(acting)
          close()
        }}
      >
        <ContactFields />
      </Form>
    )}
  </DialogButton>
)

function Actions({ acting, contact }: { acting: Acting; contact: Contact }) {
  const contacts = acting.api.contacts[':uid']
  const param = { uid: contact.uid }
  return (
    <div class="buttons">
      <DialogButton label="Edit" title="Edit the contact" class="quiet">
        {(close) => (
          <Form
            submit="Save"
            act={async (filled) => {
              await read(contacts.$patch({ param, json: filled.changed(contactOf(filled)) }))
              await changedUnder(acting)
              close()
            }}
          >
            <ContactFields contact={contact} />
          </Form>
        )}
      </DialogButton>
      <Danger
        label="Delete"
        title={`Delete ${contact.email}`}
        says="The contact goes for good, from all lists too."
        word="DELETE"
        act={async () => {
          await read(contacts.$delete({ param }))
          await changedUnder(acting)
        }}
      />
    </div>
  )
}
