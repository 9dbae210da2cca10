import { Field } from './form.tsx'

interface SearchFormProps {
  label: string
  placeholder?: string
  onSearch: (text: string) => void
}

/** A field for what one looks for, which is sent as a whole: a look may be on record. */
export const SearchForm = ({ label, placeholder, onSearch }: SearchFormProps) => (
  <form
    class="filters"
    onSubmit={(event) => {
      event.preventDefault()
      onSearch(String(new FormData(event.currentTarget).get('search') ?? '').trim())
    }}
  >
    <div class="grow">
      <Field label={label} name="search" type="search" {...(placeholder && { placeholder })} />
    </div>
    <button type="submit">Find</button>
  </form>
)
