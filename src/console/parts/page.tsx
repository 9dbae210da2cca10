import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** How much waits for the person: it leads the title of the window. */
export const waitingCount = signal(0)

interface PageProps {
  title: string
  /** What the window is called, where the title is about somebody: the history of the browser keeps it. */
  windowTitle?: string
  /** Buttons beside the title. */
  actions?: ComponentChildren
  /** A line below it. */
  lead?: ComponentChildren
  children: ComponentChildren
}

/** What had the focus last. */
let focused: Element | null = null
addEventListener('focusin', ({ target }) => {
  focused = target as Element
})

/** Where that goes away the focus goes to the title of what is open; a browser would begin the page anew. */
new MutationObserver(() => {
  if (focused?.isConnected !== false || document.activeElement !== document.body) return
  focused = null
  const titles = document.querySelectorAll<HTMLElement>('h1, dialog[open] > header > h2')
  ;[...titles].at(-1)?.focus({ preventScroll: true })
}).observe(document, { childList: true, subtree: true })

let isFirst = true

/** Whether one went back, or on again: the browser keeps the place then, and begins at the top otherwise. */
let wentBack = false
addEventListener('popstate', () => {
  wentBack = true
})
addEventListener('pushState', () => {
  wentBack = false
})

/** A screen. Whoever comes to it by a link is at its title, with a keyboard and with a screen reader. */
export function Page({ title, windowTitle = title, actions, lead, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const count = waitingCount.value
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${windowTitle} · Steward`
  }, [windowTitle, count])
  useEffect(() => {
    if (!isFirst && !document.querySelector('dialog[open]')) heading.current?.focus({ preventScroll: true })
    if (!isFirst && !wentBack) scrollTo(0, 0)
    isFirst = false
  }, [])
  return (
    <>
      <div class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="buttons">{actions}</div>}
      </div>
      {children}
    </>
  )
}

/** A part of a screen. */
export function Section({ title, actions, children }: Omit<PageProps, 'lead' | 'windowTitle'>) {
  return (
    <section class="section" aria-label={title}>
      <div class="section-head">
        <h2>{title}</h2>
        {actions && <div class="buttons">{actions}</div>}
      </div>
      {children}
    </section>
  )
}
