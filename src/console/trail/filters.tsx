import { useSearchParams } from 'wouter-preact'
import { Select } from '../parts/choices.tsx'
import { Field } from '../parts/form.tsx'

const OUTCOMES = ['success', 'client_error', 'refused', 'error', 'unknown', 'pending']
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const STAGES = ['received', 'completed', 'checkpoint']

const options = (values: readonly string[]) =>
  [['', 'Any'], ...values.map((value) => [value, value.replaceAll('_', ' ')] as const)] as const

/** The filters that are fields to type in, by the parameter of the API. */
const FIELDS = [
  ['customer_uid', 'Customer', 'Uid'],
  ['admin_id', 'Admin', 'Id'],
  ['target', 'Target', 'Id of what it was about'],
  ['grant_id', 'Grant', 'gra_…'],
  ['api_key_id', 'API key', 'key_…'],
  ['ip', 'Address', ''],
  ['route', 'Route', '/lists/:uid'],
] as const

const TIMES = [
  ['from', 'From'],
  ['to', 'To'],
] as const

const NAMES = [...FIELDS, ...TIMES].map(([name]) => name as string).concat('method', 'outcome', 'stage')

/** Returns what the address asks for: the parameters of the API, and no others. */
export function useFilter() {
  const [parameters, setParameters] = useSearchParams()
  const filter = Object.fromEntries([...parameters].filter(([name, value]) => NAMES.includes(name) && value))
  return [filter, (next: Record<string, string>) => setParameters(next)] as const
}

/** The filters of the trail; what is chosen is in the address, so that it can be kept, and sent to a colleague. */
export function Filters() {
  const [filter, setFilter] = useFilter()
  const isLong = Object.keys(filter).some((name) => !['customer_uid', 'admin_id', 'outcome'].includes(name))
  return (
    <form
      class="filter-form"
      aria-label="Filters"
      key={JSON.stringify(filter)}
      onSubmit={(event) => {
        event.preventDefault()
        const filled = [...new FormData(event.currentTarget)].map(([name, value]) => [
          name,
          String(value).trim(),
        ])
        setFilter(
          Object.fromEntries(
            filled
              .filter(([, value]) => value)
              .map(([name = '', value = '']) => [
                name,
                name === 'from' || name === 'to' ? inUtc(value) : value,
              ]),
          ),
        )
      }}
    >
      <div class="columns">
        {FIELDS.slice(0, 2).map(([name, label, hint]) => (
          <Field key={name} name={name} label={label} value={filter[name]} hint={hint} />
        ))}
        <Select name="outcome" label="Outcome" options={options(OUTCOMES)} value={filter.outcome} />
      </div>
      <details open={isLong}>
        <summary>More filters</summary>
        <div class="columns">
          {FIELDS.slice(2).map(([name, label, hint]) => (
            <Field key={name} name={name} label={label} value={filter[name]} hint={hint} />
          ))}
          <Select name="method" label="Method" options={options(METHODS)} value={filter.method} />
          <Select name="stage" label="Stage" options={options(STAGES)} value={filter.stage} />
          {TIMES.map(([name, label]) => (
            <Field key={name} name={name} label={label} type="datetime-local" value={inZone(filter[name])} />
          ))}
        </div>
      </details>
      <div class="buttons">
        <button type="submit" class="primary">
          Apply
        </button>
        {Object.keys(filter).length > 0 && (
          <button type="button" onClick={() => setFilter({})}>
            Clear
          </button>
        )}
      </div>
    </form>
  )
}

/** The time of a field, which is in the zone of the person, in UTC. */
const inUtc = (local: string) => new Date(local).toISOString()

/** And back. */
function inZone(utc: string | undefined): string {
  const time = new Date(utc ?? '')
  if (Number.isNaN(time.getTime())) return ''
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
