import { useSignal } from '@preact/signals'
import { adminPage, changed, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import type { ApiKey } from '../api/types.ts'
import { Select } from '../parts/choices.tsx'
import { Danger, DialogButton } from '../parts/dialog.tsx'
import { Page } from '../parts/page.tsx'
import { Badge, type Column, Table } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { may } from '../session/may.ts'
import { me } from '../session/session.ts'
import { NewKey, RollKey } from './new-key.tsx'

/** Returns what ended a key; undefined if it is valid. */
function endOf({ revoked_at, expires_at }: ApiKey): string | undefined {
  if (revoked_at !== null) return 'Revoked'
  return expires_at !== null && Date.parse(expires_at) < Date.now() ? 'Expired' : undefined
}

const columns = (areOwn: boolean): Column<ApiKey>[] => [
  {
    head: 'Key',
    names: true,
    cell: ({ name, key_hint }) => (
      <>
        {name}
        <code class="below">{key_hint}</code>
      </>
    ),
  },
  { head: 'Scopes', wide: true, cell: ({ scopes }) => scopes.join(', ') },
  {
    head: 'Customers',
    wide: true,
    cell: ({ customers }) => (customers === null ? 'all' : customers.join(', ')),
  },
  { head: 'Last used', wide: true, cell: ({ last_used_at }) => <Time at={last_used_at} /> },
  {
    head: 'State',
    cell: (key) => <Badge tone={endOf(key) ? 'bad' : 'good'}>{endOf(key) ?? 'Valid'}</Badge>,
  },
  { head: '', cell: (key) => !endOf(key) && <Actions apiKey={key} isOwn={areOwn} /> },
]

/** API keys, for scripts. */
export function KeysScreen() {
  const areOwn = useSignal(true)
  const own = areOwn.value ? { admin_id: `${me.value?.id}` } : {}
  const list = useListed(['keys', own], async (cursor) =>
    adminPage(await read(steward.admin.api_keys.$get({ query: { ...own, ...cursor } }))),
  )
  return (
    <Page
      title="Keys"
      lead="API keys, for scripts."
      actions={
        <DialogButton label="New key" class="primary">
          {(close) => <NewKey close={close} />}
        </DialogButton>
      }
    >
      {may('keys:oversee') && (
        <div class="filters">
          <Select
            label="Show"
            name="whose"
            options={WHOSE}
            value="own"
            onChange={(value) => {
              areOwn.value = value === 'own'
            }}
          />
        </div>
      )}
      <Table
        label="Keys"
        columns={columns(areOwn.value)}
        list={list}
        keyOf={({ id }) => id}
        empty="There are no keys."
      />
    </Page>
  )
}

const WHOSE = [
  ['own', 'Yours'],
  ['all', 'Of everybody'],
] as const

/** What can be done to a key: a new secret is for its owner alone. */
const Actions = ({ apiKey: { id, name }, isOwn }: { apiKey: ApiKey; isOwn: boolean }) => (
  <div class="buttons">
    {isOwn && (
      <DialogButton label="Roll" title={`Roll ${name}`} class="quiet">
        {(close) => <RollKey id={id} close={close} />}
      </DialogButton>
    )}
    <Danger
      label="Revoke"
      title={`Revoke ${name}`}
      says="Scripts that use it are refused from their next call on."
      word="REVOKE"
      act={async () => {
        await read(steward.admin.api_keys[':id'].$delete({ param: { id } }))
        await changed('keys')
      }}
    />
  </div>
)
