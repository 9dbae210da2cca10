import { changed, useThing } from '../api/queries.ts'
import { refusalOf, unreadable } from '../api/refusal.ts'
import { read, send, steward } from '../api/steward.ts'
import { Action, Refresh } from '../parts/action.tsx'
import { Danger } from '../parts/dialog.tsx'
import { Field } from '../parts/form.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Badge, Facts } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { may } from '../session/may.ts'
import { useColleagues } from './colleagues.ts'
import { DeadLetters } from './dead-letters.tsx'

interface Readiness {
  status: 'ready' | 'not_ready'
  checks: Record<string, 'ok' | 'failed'>
  unknown_outcomes: number | null
}

const CHECKS: Record<string, string> = {
  d1: 'Database',
  kv: 'Key store',
  queue: 'Audit queue',
  keys: 'Secrets',
}

/** Whether the service is well, and whether anybody may act for customers. */
export const HealthScreen = () => (
  <Page title="Health" actions={<Refresh of={['health']} />}>
    <Ready />
    <KillSwitch />
    {may('dead-letters') && <DeadLetters />}
  </Page>
)

async function readReadiness(): Promise<Readiness> {
  const answer = await send('/health/ready', {})
  // It answers 503 with the same body.
  const body: Partial<Readiness> | null = await answer
    .clone()
    .json()
    .catch(() => null)
  if (body?.checks) return body as Readiness
  throw answer.ok ? unreadable() : await refusalOf(answer)
}

function Ready() {
  const { data, error } = useThing(['health', 'ready'], readReadiness)
  return (
    <Section title="Service">
      <Problem of={error} />
      {data && (
        <Facts
          of={[
            ['Service', <State key="s" holds={data.status === 'ready'} />],
            ...Object.entries(data.checks).map(
              ([name, state]) => [CHECKS[name] ?? name, <State key={name} holds={state === 'ok'} />] as const,
            ),
            ['Acts whose end is not known', data.unknown_outcomes ?? 'not known'],
          ]}
        />
      )}
    </Section>
  )
}

const State = ({ holds }: { holds: boolean }) =>
  holds ? <Badge tone="good">Well</Badge> : <Badge tone="bad">Failed</Badge>

/** Stops all that anybody does for customers, and lets it go on. */
function KillSwitch() {
  const colleagues = useColleagues()
  const { data, error } = useThing(
    ['health', 'impersonation'],
    async () => (await read(steward.admin.impersonation.$get())).data,
  )
  return (
    <Section title="Kill switch">
      <Problem of={error} />
      {data && !data.stopped && (
        <p>
          <Badge tone="good">Possible</Badge> Those who have access, and keys, act for customers.
        </p>
      )}
      {data?.stopped && (
        <p class="note bad">
          <strong>Stopped</strong> by {colleagues(data.stopped_by)}, <Time at={data.stopped_at} />: “
          {data.reason}”. Customers are served; nobody acts for them.
        </p>
      )}
      {data && may('kill-switch') && (
        <div class="buttons">
          {data.stopped ? (
            <Action
              class="primary"
              act={async () => {
                await read(steward.admin.impersonation.start.$post())
                await changed('health', 'impersonation')
              }}
            >
              Let people act again
            </Action>
          ) : (
            <Danger
              label="Stop all acting"
              says="Every request on behalf of a customer is refused, by whoever and with whatever key, from the next one on and everywhere. Customers themselves are served."
              word="STOP"
              act={async ({ text }) => {
                await read(steward.admin.impersonation.stop.$post({ json: { reason: text('reason') } }))
                await changed('health', 'impersonation')
              }}
            >
              <Field label="Reason" name="reason" lines={2} max={500} required autofocus />
            </Danger>
          )}
        </div>
      )}
    </Section>
  )
}
