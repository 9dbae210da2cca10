import type { ComponentChildren } from 'preact'
import { Link, useLocation } from 'wouter-preact'
import { type Acting, readUnder, useActing } from '../acting/acting.ts'
import { customerNames } from '../acting/grants.ts'
import { Refresh } from '../parts/action.tsx'
import { Page } from '../parts/page.tsx'

interface ActingPageProps {
  uid: string
  title: string
  lead?: (acting: Acting) => ComponentChildren
  actions: (acting: Acting) => ComponentChildren
  children: (acting: Acting) => ComponentChildren
}

/** A screen of what belongs to a customer: only for those who have access now. */
export function ActingPage({ uid, title, lead, actions, children }: ActingPageProps) {
  const acting = useActing(uid)
  const [location] = useLocation()
  const base = `/customers/${uid}`
  if (!acting)
    return (
      <Page title={title}>
        <p>
          You have no access to this customer here. <Link href={base}>Ask for access</Link>, or go on with
          what you have by “Go on here” above.
        </p>
      </Page>
    )
  return (
    <Page
      title={title}
      lead={lead?.(acting) ?? customerNames.get(uid) ?? uid}
      actions={
        <>
          {actions(acting)}
          <Refresh of={readUnder(acting.grant.id)} />
        </>
      }
    >
      <nav class="tabs" aria-label="Of the customer">
        <Link href={`${base}/lists`} aria-current={location.startsWith(`${base}/lists`) ? 'page' : undefined}>
          Lists
        </Link>
        <Link href={`${base}/contacts`} aria-current={location === `${base}/contacts` ? 'page' : undefined}>
          Contacts
        </Link>
        <Link href={base}>Customer</Link>
      </nav>
      {children(acting)}
    </Page>
  )
}
