import { useSignal } from '@preact/signals'
import { type Acting, changedUnder, readUnder } from '../acting/acting.ts'
import { useListed, useThing } from '../api/queries.ts'
import { read } from '../api/steward.ts'
import type { Member } from '../api/types.ts'
import { Select } from '../parts/choices.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Form } from '../parts/form.tsx'
import { Problem } from '../parts/problem.tsx'
import { Badge, type Column, Table } from '../parts/table.tsx'
import { ActingPage } from './acting-page.tsx'
import { ContactFields, contactOf, PERSON_COLUMN } from './contact-fields.tsx'
import { ImportContacts } from './import.tsx'

const STATUSES = [
  ['subscribed', 'Subscribed'],
  ['unsubscribed', 'Unsubscribed'],
  ['unconfirmed', 'Unconfirmed'],
  ['blacklisted', 'Blacklisted'],
] as const

type Status = Member['status']

const STATUS_NAMES = Object.fromEntries(STATUSES) as Record<Status, string>

/** Who is in a list of a customer. */
export function MembersScreen({ uid, list: typed }: { uid: string; list: string }) {
  // An address may say anything, and it goes into paths.
  const list = encodeURIComponent(typed)
  return (
    <ActingPage
      uid={uid}
      title="Members"
      lead={(acting) => <ListName acting={acting} list={list} />}
      actions={(acting) =>
        acting.canWrite && (
          <>
            <NewMember acting={acting} list={list} />
            <ImportContacts acting={acting} path={`/lists/${list}/contacts/bulk`} />
          </>
        )
      }
    >
      {(acting) => <Members acting={acting} list={list} />}
    </ActingPage>
  )
}

function ListName({ acting, list }: { acting: Acting; list: string }) {
  const { data, error } = useThing(
    readUnder(acting.grant.id, 'list', list),
    async () => (await read(acting.api.lists[':uid'].$get({ param: { uid: list } }))).list,
  )
  return <span>{error ? <Problem of={error} /> : (data?.name ?? '…')}</span>
}

function Members({ acting, list }: { acting: Acting; list: string }) {
  const status = useSignal('')
  const key = readUnder(acting.grant.id, 'members', list, status.value)
  const members = useListed(key, async (cursor) => {
    const query = { ...cursor, ...(status.value && { status: status.value as Status }) }
    const found = await read(acting.api.lists[':uid'].contacts.$get({ param: { uid: list }, query }))
    return { items: found.contacts, next: found.pagination.next_cursor }
  })
  const columns: Column<Member>[] = [
    PERSON_COLUMN,
    {
      head: 'Status',
      cell: ({ status }) => (
        <Badge tone={status === 'subscribed' ? 'good' : 'plain'}>{STATUS_NAMES[status]}</Badge>
      ),
    },
    ...(acting.canWrite
      ? [{ head: '', cell: (one: Member) => <Actions acting={acting} list={list} member={one} /> }]
      : []),
  ]
  return (
    <>
      <div class="filters">
        <Select
          label="Show"
          name="status"
          options={[['', 'Everyone'], ...STATUSES]}
          onChange={(value) => {
            status.value = value
          }}
        />
      </div>
      <Table
        label="Members"
        columns={columns}
        list={members}
        keyOf={({ uid }) => uid}
        empty="Nobody is in it."
      />
    </>
  )
}

function Actions({ acting, list, member }: { acting: Acting; list: string; member: Member }) {
  const one = acting.api.lists[':uid'].contacts[':contact_uid']
  const param = { uid: list, contact_uid: member.uid }
  return (
    <div class="buttons">
      <DialogButton label="Status" title={`Status of ${member.email}`} class="quiet">
        {(close) => (
          <Form
            submit="Save"
            act={async ({ text }) => {
              await read(one.$put({ param, json: { status: text('status') as Status } }))
              await changedUnder(acting)
              close()
            }}
          >
            <Select label="Status" name="status" options={STATUSES} value={member.status} />
          </Form>
        )}
      </DialogButton>
      <Danger
        label="Take out"
        title={`Take ${member.email} out of the list`}
        says="The list forgets its status. The contact itself stays, and so do its other lists."
        word="TAKE OUT"
        act={async () => {
          await read(one.$delete({ param }))
          await changedUnder(acting)
        }}
      />
    </div>
  )
}

const NewMember = ({ acting, list }: { acting: Acting; list: string }) => (
  <DialogButton label="New member" class="primary">
    {(close) => (
      <Form
        submit="Add"
        act={async (filled) => {
          const json = { ...contactOf(filled), status: filled.text('status') as Status }
          await read(acting.api.lists[':uid'].contacts.$post({ param: { uid: list }, json }))
          await changedUnder(acting)
          close()
        }}
      >
        <p>
          Somebody with an email that is not known yet becomes a contact of the customer. A contact who is
          there already is added as it is.
        </p>
        <ContactFields />
        <Select label="Status" name="status" options={STATUSES} />
      </Form>
    )}
  </DialogButton>
)
