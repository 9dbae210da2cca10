import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export interface Option {
  value: string
  label: string
  hint?: string
}

interface ChoicesProps {
  legend: string
  name: string
  options: readonly Option[]
  /** What is chosen at first. */
  chosen?: readonly string[]
  many?: boolean
}

/** Radios, or checkboxes where many can be chosen. */
export function Choices({ legend, name, options, chosen = [], many }: ChoicesProps) {
  const id = useId()
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {options.map(({ value, label, hint }) => (
        <div class="choice" key={value}>
          <input
            id={`${id}-${value}`}
            type={many ? 'checkbox' : 'radio'}
            name={name}
            value={value}
            defaultChecked={chosen.includes(value)}
            aria-describedby={hint && `${id}-${value}-hint`}
          />
          <label for={`${id}-${value}`}>{label}</label>
          {hint && (
            <p class="hint" id={`${id}-${value}-hint`}>
              {hint}
            </p>
          )}
        </div>
      ))}
    </fieldset>
  )
}

interface SelectProps {
  label: string
  name: string
  options: readonly (readonly [value: string, text: string])[]
  value?: string | undefined
  onChange?: (value: string) => void
}

/** One of some. */
export function Select({ label, name, options, value, onChange }: SelectProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} onChange={(event) => onChange?.(event.currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === (value ?? '')}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

interface CheckProps {
  label: string
  name: string
  /** Whether it is a yes at first. */
  checked?: boolean | undefined
  children?: ComponentChildren
}

/** A yes or no. */
export function Check({ label, name, checked, children }: CheckProps) {
  const id = useId()
  return (
    <div class="choice">
      <input
        id={id}
        type="checkbox"
        name={name}
        value="yes"
        defaultChecked={checked}
        aria-describedby={children ? `${id}-hint` : undefined}
      />
      <label for={id}>{label}</label>
      {children && (
        <p class="hint" id={`${id}-hint`}>
          {children}
        </p>
      )}
    </div>
  )
}
