import type { Imported } from '../api/types.ts'
import { csvOf } from '../parts/csv.ts'
import { save } from '../parts/save.ts'

/** What came of an import, and the file that says it of each row. */
export function Results({ of, onDone }: { of: Imported; onDone: () => void }) {
  const download = () => {
    const rows = of.results.map((row) => [
      row.row,
      row.result,
      'email' in row ? row.email : '',
      'uid' in row ? row.uid : '',
      errorsOf(row),
    ])
    save('import-results.csv', csvOf([['row', 'result', 'email', 'uid', 'errors'], ...rows]))
  }
  const bad = of.results.filter(({ result }) => result === 'invalid')
  return (
    <div class="form">
      <p role="status">
        <strong>
          {of.created} created, {of.updated} updated, {of.invalid} invalid.
        </strong>
      </p>
      {bad.length > 0 && (
        <ul>
          {bad.slice(0, 10).map((row) => (
            <li key={row.row}>
              Row {row.row}: {errorsOf(row)}
            </li>
          ))}
        </ul>
      )}
      {bad.length > 10 && <p>The file has the other {bad.length - 10}.</p>}
      <div class="buttons">
        <button type="button" class="primary" onClick={onDone}>
          Done
        </button>
        <button type="button" onClick={download}>
          Download the results
        </button>
      </div>
    </div>
  )
}

const errorsOf = (row: Imported['results'][number]): string =>
  'errors' in row
    ? Object.entries(row.errors)
        .flatMap(([name, texts]) => texts.map((text) => `${name} ${text}`))
        .join('; ')
    : ''
