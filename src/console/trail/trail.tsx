import { adminPage, useListed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import { Refresh } from '../parts/action.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { ExportTrail } from './export.tsx'
import { Filters, useFilter } from './filters.tsx'
import { ENTRY_COLUMNS } from './words.tsx'

/** What was done, newest first. */
export function TrailScreen() {
  const [filter] = useFilter()
  const list = useListed(['trail', filter], async (cursor) =>
    adminPage(await read(steward.admin.audit.$get({ query: { ...filter, ...cursor } }))),
  )
  return (
    <Page
      title="Trail"
      lead="All that was done. Each look at it is on record too."
      actions={
        <>
          <Refresh of={['trail', filter]} />
          <ExportTrail filter={filter} />
        </>
      }
    >
      <Filters />
      <Table
        label="Trail"
        columns={ENTRY_COLUMNS}
        list={list}
        keyOf={({ seq }) => seq}
        empty="Nothing of this kind was done. What was done just now takes some seconds to be here."
      />
    </Page>
  )
}
