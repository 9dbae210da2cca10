import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Field, type Filled, Form } from './form.tsx'

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
}

/**
 * A dialog over the page, which the browser keeps the focus in and gives it back from. It is there while it is open, and
 * open while something in it is held. It begins where one types, else at its title: the next key of whoever it comes
 * over must not close it.
 */
export function Dialog({ title, onClose, children }: DialogProps) {
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    const marked = dialog.current?.querySelectorAll<HTMLElement>('[autofocus]') ?? []
    ;([...marked].at(-1) ?? heading.current)?.focus()
    return () => (opener as HTMLElement | null)?.focus()
  }, [])
  const isHeld = () => dialog.current?.querySelector('[data-held]') != null
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => {
        if (isHeld()) event.preventDefault()
      }}
      onKeyDown={(event) => {
        // Chromium closes at a second Escape whoever cancels it.
        if (event.key === 'Escape' && isHeld()) event.preventDefault()
      }}
    >
      <header>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button
          type="button"
          class="quiet"
          aria-label="Close"
          onClick={() => isHeld() || dialog.current?.close()}
        >
          <span aria-hidden="true">✕</span>
        </button>
      </header>
      {children}
    </dialog>
  )
}

interface DialogButtonProps {
  /** The button's text. */
  label: string
  /** The dialog's name, if it is another. */
  title?: string
  class?: string
  describedBy?: string
  /** What is in the dialog; it closes it by the function given. */
  children: (close: () => void) => ComponentChildren
}

/** A button that opens a dialog. */
export function DialogButton({
  label,
  title = label,
  class: look,
  describedBy,
  children,
}: DialogButtonProps) {
  const open = useSignal(false)
  const close = () => {
    open.value = false
  }
  return (
    <>
      <button
        type="button"
        class={look}
        aria-haspopup="dialog"
        aria-describedby={describedBy}
        onClick={() => {
          open.value = true
        }}
      >
        {label}
      </button>
      {open.value && (
        <Dialog title={title} onClose={close}>
          {children(close)}
        </Dialog>
      )}
    </>
  )
}

interface DangerProps {
  label: string
  title?: string
  /** What will happen. */
  says: ComponentChildren
  /** What has to be typed. */
  word: string
  act: (filled: Filled) => Promise<unknown>
  describedBy?: string
  /** What else has to be filled in. */
  children?: ComponentChildren
}

/** A button for what cannot be undone: it says what will happen, and asks for a word. */
export function Danger({ label, title, says, word, act, describedBy, children }: DangerProps) {
  return (
    <DialogButton
      label={label}
      {...(title && { title })}
      {...(describedBy && { describedBy })}
      class="danger quiet"
    >
      {(close) => (
        <Form
          submit={label}
          danger
          act={async (filled) => {
            await act(filled)
            close()
          }}
          beside={
            <button type="button" onClick={close}>
              Cancel
            </button>
          }
        >
          <p>{says}</p>
          {children}
          <Field
            label={`Type ${word} to go on`}
            name="word"
            required
            autofocus={!children}
            pattern={word.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')}
          />
        </Form>
      )}
    </DialogButton>
  )
}
