import { Link } from 'wouter-preact'
import type { Customer, Grant } from '../api/types.ts'
import { Action } from '../parts/action.tsx'
import { Section } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { AskForAccess } from './ask.tsx'
import { isLive, stop, useOwnGrants } from './grants.ts'

/** The access that one has to a customer, waits for, or can ask for. */
export function AccessSection({ customer }: { customer: Customer }) {
  const { grants: own } = useOwnGrants()
  const here = own.filter((grant) => grant.customer_uid === customer.customer_uid)
  const grants = here.filter(isLive)
  const canAsk = customer.status === 'active'
  return (
    <Section title="Access" actions={canAsk && <AskForAccess customer={customer} />}>
      {here[0] && !isLive(here[0]) && <Last grant={here[0]} />}
      {grants.length === 0 && (
        <p class="soft">
          {canAsk
            ? 'You see what is known of the customer. For its lists and contacts you need access, for a reason and a time.'
            : 'The customer is not active: nobody can act for it.'}
        </p>
      )}
      {grants.map((grant) =>
        grant.status === 'pending' ? (
          <Waiting key={grant.id} grant={grant} />
        ) : (
          <p key={grant.id}>
            You have access to {grant.mode} until <Time at={grant.expires_at} />:{' '}
            <Link href={`/customers/${grant.customer_uid}/lists`}>lists</Link>,{' '}
            <Link href={`/customers/${grant.customer_uid}/contacts`}>contacts</Link>.
          </p>
        ),
      )}
    </Section>
  )
}

/** What became of what one asked for last, and where it is told whole. */
function Last({ grant }: { grant: Grant }) {
  const declined = grant.decisions.find(({ decision }) => decision === 'declined')
  return (
    <p class="soft">
      What you asked for last {declined ? 'was declined' : 'is over'}
      {declined?.comment && `: “${declined.comment}”`}. <Link href={`/grants/${grant.id}`}>Its report</Link>
    </p>
  )
}

const WHOSE_SAY = { customer: 'the customer', colleague: 'a colleague' }

const Waiting = ({ grant }: { grant: Grant }) => (
  <div class="note waiting" role="status">
    <p>
      <strong>Waiting for {grant.waits_for.map((who) => WHOSE_SAY[who]).join(' and ')}.</strong> You asked to{' '}
      {grant.mode}: “{grant.reason}”. Unless somebody decides, it lapses <Time at={grant.lapses_at} />.
      {grant.customer_reached === false && ' The customer could not be mailed: it has to look by itself.'}
    </p>
    <Action act={() => stop(grant.id)}>Withdraw</Action>
  </div>
)
