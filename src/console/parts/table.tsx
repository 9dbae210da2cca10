import type { ComponentChildren } from 'preact'
import type { Listed } from '../api/queries.ts'
import { Problem } from './problem.tsx'

export interface Column<Item> {
  head: string
  cell: (item: Item) => ComponentChildren
  /** Left out where there is no room for it: what the row leads to says it too. */
  wide?: boolean
  /** Names the row. */
  names?: boolean
}

interface TableProps<Item> {
  label: string
  columns: readonly Column<Item>[]
  list: Listed<Item>
  keyOf: (item: Item) => string | number
  /** What stands there if there is nothing. */
  empty: ComponentChildren
}

/** What stands where a search has looked at as many as it may at once, and found nothing yet. */
export const NOTHING_SO_FAR = 'Nothing among those looked at so far.'

/** A collection, with a way to read on. */
export function Table<Item>({ label, columns, list, keyOf, empty }: TableProps<Item>) {
  const { items, refusal, more, busy } = list
  return (
    <div aria-busy={busy}>
      <Problem of={refusal} />
      {!items && !refusal && <p class="loading">Loading …</p>}
      {items?.length === 0 && <p class="empty">{more ? NOTHING_SO_FAR : empty}</p>}
      {items && items.length > 0 && (
        <table aria-label={label}>
          <thead>
            <tr>
              {columns.map(({ head, wide }) => (
                <th scope="col" key={head} class={wide ? 'wide' : undefined}>
                  {head === '' ? <span class="unseen">Actions</span> : head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={keyOf(item)}>
                {columns.map(({ head, cell, wide, names }) =>
                  names ? (
                    <th scope="row" key={head}>
                      {cell(item)}
                    </th>
                  ) : (
                    <td
                      key={head}
                      class={[wide && 'wide', head === '' && 'actions'].filter(Boolean).join(' ')}
                    >
                      {cell(item)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {more && (
        <button type="button" class="more" aria-disabled={busy} onClick={more}>
          {busy ? 'Loading …' : 'Show more'}
        </button>
      )}
    </div>
  )
}

/** Facts about one thing. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? <span class="soft">none</span>}</dd>
        </div>
      ))}
    </dl>
  )
}

type Tone = 'good' | 'bad' | 'warn' | 'plain'

/** A state in a word. */
export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>{children}</span>
)
