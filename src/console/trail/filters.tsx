import { useLayoutEffect, useRef } from 'preact/hooks'
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
  const form = useRef<HTMLFormElement>(null)
  const address = JSON.stringify(filter)
  useLayoutEffect(() => {
    for (const field of form.current?.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[name]') ?? [])
      field.value = shownOf(field.name, filter[field.name])
  }, [address])
  const isLong = Object.keys(filter).some((name) => !['customer_uid', 'admin_id', 'outcome'].includes(name))
  return (
    <form
      class="filter-form"
      aria-label="Filters"
      ref={form}
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
              .map(([name = '', value = '']) => [name, isTime(name) ? inUtc(value) : value]),
          ),
        )
      }}
    >
      <div class="columns">
        {FIELDS.slice(0, 2).map(([name, label, hint]) => (
          <Field key={name} name={name} label={label} hint={hint} />
        ))}
        <Select name="outcome" label="Outcome" options={options(OUTCOMES)} />
      </div>
      <details open={isLong}>
        <summary>More filters</summary>
        <div class="columns">
          {FIELDS.slice(2).map(([name, label, hint]) => (
            <Field key={name} name={name} label={label} hint={hint} />
          ))}
          <Select name="method" label="Method" options={options(METHODS)} />
          <Select name="stage" label="Stage" options={options(STAGES)} />
          {TIMES.map(([name, label]) => (
            <Field key={name} name={name} label={label} type="datetime-local" />
          ))}
        </div>
      </details>
      <div class="buttons">
        <button type="submit" class="primary">
          Apply
        </button>
        <button type="button" onClick={() => setFilter({})}>
          Clear
        </button>
      </div>
    </form>
  )
}

const isTime = (name: string) => TIMES.some(([time]) => time === name)

/** Returns a filter as its field has it. */
const shownOf = (name: string, value = '') => (isTime(name) ? inZone(value) : value)

/** The time of a field, which is in the zone of the person, in UTC. */
const inUtc = (local: string) => new Date(local).toISOString()

/** And back. */
function inZone(utc: string): string {
  const time = new Date(utc)
  if (Number.isNaN(time.getTime())) return ''
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
