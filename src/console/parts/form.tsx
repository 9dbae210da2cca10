import { type ComponentChildren, createContext } from 'preact'
import { useContext, useId, useRef } from 'preact/hooks'
import { useAction } from './action.tsx'
import { Problem } from './problem.tsx'

/** The errors of the fields of a form, by name. */
const FieldErrors = createContext<Record<string, string[]>>({})

/** What a form was filled with. */
export class Filled {
  readonly #data: FormData
  readonly #first: FormData
  constructor(form: HTMLFormElement, first: FormData) {
    this.#data = new FormData(form)
    this.#first = first
  }
  /** Returns what was typed, to the byte. */
  text = (name: string): string => String(this.#data.get(name) ?? '')
  /** Returns the same, or null if it is empty. */
  textOrNull = (name: string): string | null => this.text(name).trim() || null
  /** Returns what was chosen of some. */
  all = (name: string): string[] => this.#data.getAll(name).map(String)
  has = (name: string): boolean => this.#data.has(name)
  /** Returns the members of a body whose fields are not as they were at first: the others may be another's to change. */
  changed = <Body extends object>(body: Body, prefix = ''): Partial<Body> => {
    const isChanged = ([name]: [string, unknown]) =>
      this.#data.get(prefix + name) !== this.#first.get(prefix + name)
    return Object.fromEntries(Object.entries(body).filter(isChanged)) as Partial<Body>
  }
}

interface FormProps {
  /** The button's text. */
  submit: string
  act: (filled: Filled) => Promise<unknown>
  label?: string
  danger?: boolean
  /** Whether its dialog stays open while it acts: what it does goes on, and what came of it would not be seen. */
  holds?: boolean
  /** Buttons beside it. */
  beside?: ComponentChildren
  children?: ComponentChildren
}

/** A form that a script sends. What is refused is said where it was typed, which stays. */
export function Form({ submit, act, label, danger, holds, beside, children }: FormProps) {
  const { run, busy, refusal } = useAction(act)
  const first = useRef<FormData>(null)
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    void run(new Filled(form, first.current ?? new FormData()))
  }
  return (
    <form
      class="form"
      aria-label={label}
      data-held={(holds && busy) || undefined}
      onSubmit={onSubmit}
      ref={(form) => {
        if (form) first.current ??= new FormData(form)
      }}
    >
      <FieldErrors.Provider value={refusal?.fields ?? {}}>{children}</FieldErrors.Provider>
      <Problem of={refusal} />
      <div class="buttons">
        <button type="submit" class={danger ? 'danger' : 'primary'} aria-busy={busy} aria-disabled={busy}>
          {submit}
        </button>
        {beside}
      </div>
    </form>
  )
}

interface FieldProps {
  label: string
  name: string
  type?: 'text' | 'email' | 'password' | 'search' | 'number' | 'date' | 'datetime-local' | 'url' | 'tel'
  value?: string | number | null | undefined
  hint?: string
  required?: boolean
  /** The most characters. */
  max?: number
  pattern?: string
  placeholder?: string
  lines?: number
  autocomplete?: string
  inputMode?: 'numeric'
  autofocus?: boolean
}

/** A field of a form, with its label, a hint, and what is wrong with it. */
export function Field({
  label,
  name,
  hint,
  value,
  type = 'text',
  lines,
  max,
  autofocus,
  ...input
}: FieldProps) {
  const id = useId()
  const errors = useContext(FieldErrors)[name] ?? []
  const described = [hint && `${id}-hint`, errors.length > 0 && `${id}-error`].filter(Boolean).join(' ')
  const control = {
    id,
    name,
    defaultValue: value ?? '',
    maxLength: max,
    autocomplete: 'off',
    'aria-describedby': described || undefined,
    'aria-invalid': errors.length > 0 || undefined,
    autofocus,
    ref: autofocus ? focusOnce : undefined,
    ...input,
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {lines ? <textarea rows={lines} {...control} /> : <input type={type as 'text'} {...control} />}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {errors.length > 0 && (
        <p class="field-error" id={`${id}-error`}>
          {errors.map((error) => `${label} ${error}`).join('. ')}
        </p>
      )}
    </div>
  )
}

const focused = new WeakSet<HTMLElement>()

/** Where somebody begins to type: the attribute alone does nothing in what a script adds to a page, or to an open dialog. */
function focusOnce(element: HTMLElement | null): void {
  if (!element || focused.has(element)) return
  focused.add(element)
  element.focus()
}
