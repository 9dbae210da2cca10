import { useRef } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { changed, useThing } from '../api/queries.ts'
import { steward } from '../api/steward.ts'
import type { Grant } from '../api/types.ts'
import { useColleagues } from '../house/colleagues.ts'
import { Refresh } from '../parts/action.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Badge } from '../parts/table.tsx'
import { inWords, Time } from '../parts/time.tsx'
import { may } from '../session/may.ts'
import { isSaying, Say } from './say.tsx'
import { readWaitingGrants, readWaitingRequests } from './waiting.ts'

/** What waits for the say of the person. */
export const ApprovalsScreen = () => (
  <Page
    title="Approvals"
    lead="What waits for you. Nobody decides what they asked for themselves."
    actions={<Refresh of={['approvals']} />}
  >
    <Grants />
    {may('requests:decide') && <Requests />}
  </Page>
)

const grants = steward.admin.access_grants[':id']

function Grants() {
  const { data: found, error } = useThing(['approvals', 'grants'], readWaitingGrants, () => 30_000)
  const shown = useRef(found)
  if (!isSaying.value) shown.current = found
  const data = shown.current
  const decide = (grant: Grant, say: 'approve' | 'decline' | 'review') => async (comment: string) => {
    const param = { id: grant.id }
    if (say === 'approve') await grants.approve.$post({ param, json: comment ? { comment } : {} })
    else await grants[say].$post({ param, json: { comment } })
    await Promise.all([changed('approvals', 'grants'), changed('grants')])
  }
  return (
    <>
      <Section title="Access">
        <Problem of={error} />
        {data?.asked.length === 0 && <p class="empty">Nobody waits for access.</p>}
        {data?.asked.map((grant) => (
          <article class="card" key={grant.id} aria-label={`Access to ${grant.customer_uid}`}>
            <Asked grant={grant} />
            <div class="buttons">
              <Say label="Approve" act={decide(grant, 'approve')} look="primary" />
              <Say label="Decline" act={decide(grant, 'decline')} required />
            </div>
          </article>
        ))}
      </Section>
      {data && data.emergencies.length > 0 && (
        <Section title="Emergencies to review">
          {data.emergencies.map((grant) => (
            <article class="card" key={grant.id} aria-label={`Emergency at ${grant.customer_uid}`}>
              <Asked grant={grant} />
              <div class="buttons">
                <Link href={`/grants/${grant.id}`}>What was done</Link>
                <Say label="Review" act={decide(grant, 'review')} required />
              </div>
            </article>
          ))}
        </Section>
      )}
    </>
  )
}

function Asked({ grant }: { grant: Grant }) {
  const colleagues = useColleagues()
  return (
    <>
      <p>
        <strong>{colleagues(grant.admin_id)}</strong> asks to {grant.mode} for{' '}
        <Link href={`/customers/${grant.customer_uid}`}>{grant.customer_uid}</Link>, for{' '}
        {inWords(grant.duration_seconds * 1000)} {grant.break_glass && <Badge tone="bad">Break glass</Badge>}
      </p>
      <blockquote>{grant.reason}</blockquote>
      <p class="soft">
        <Time at={grant.requested_at} />
        {grant.ticket && ` · Ticket ${grant.ticket}`}
        {grant.waits_for.includes('customer') && ' · the customer is asked too'}
      </p>
    </>
  )
}

const REQUESTS = {
  disable: steward.admin.disable_requests,
  enable: steward.admin.enable_requests,
}

function Requests() {
  const { data, error } = useThing(['approvals', 'requests'], readWaitingRequests)
  return (
    <Section title="Accounts of customers">
      <Problem of={error} />
      {data?.length === 0 && <p class="empty">No request waits.</p>}
      {data?.map(({ id, kind, reason, user, created_at, created_by }) => {
        const say = (decision: 'approve' | 'decline') => async (comment: string) => {
          await REQUESTS[kind][decision][':id'].$post({ param: { id: `${id}` }, json: { comment } })
          void changed('customers')
          await Promise.all([changed('approvals', 'requests'), changed('customer', user.customer_uid)])
        }
        return (
          <article class="card" key={`${kind} ${id}`} aria-label={`${kind} ${user.email}`}>
            <p>
              <strong>{created_by.email}</strong> asks to {kind}{' '}
              <Link href={`/customers/${user.customer_uid}`}>
                {user.first_name} {user.last_name}
              </Link>{' '}
              ({user.email})
            </p>
            <blockquote>{reason}</blockquote>
            <p class="soft">
              <Time at={created_at} />
            </p>
            <div class="buttons">
              <Say label="Approve" act={say('approve')} look="primary" required />
              <Say label="Decline" act={say('decline')} required />
            </div>
          </article>
        )
      })}
    </Section>
  )
}
