import { useEffect, useRef } from 'preact/hooks'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter-preact'
import { ActingBanner } from './acting/banner.tsx'
import { watchWaiting } from './approvals/waiting.ts'
import { CustomerScreen } from './customers/customer.tsx'
import { CustomersScreen } from './customers/customers.tsx'
import { lazy } from './parts/lazy.tsx'
import { Page, waitingCount } from './parts/page.tsx'
import { may, ROLE_NAMES, type Thing } from './session/may.ts'
import { me } from './session/session.ts'
import { Leave } from './sign-in/leave.tsx'

const contacts = () => import('./contacts/screens.tsx')
const trail = () => import('./trail/screens.tsx')
const house = () => import('./house/screens.tsx')

const Lists = lazy(async () => (await contacts()).ListsScreen)
const Members = lazy(async () => (await contacts()).MembersScreen)
const Contacts = lazy(async () => (await contacts()).ContactsScreen)
const Report = lazy(async () => (await trail()).ReportScreen)
const Trail = lazy(async () => (await trail()).TrailScreen)
const TrailEntry = lazy(async () => (await trail()).EntryScreen)
const Approvals = lazy(async () => (await import('./approvals/approvals.tsx')).ApprovalsScreen)
const Account = lazy(async () => (await import('./account/account.tsx')).AccountScreen)
const Keys = lazy(async () => (await house()).KeysScreen)
const Staff = lazy(async () => (await house()).StaffScreen)
const Clients = lazy(async () => (await house()).ClientsScreen)
const Health = lazy(async () => (await house()).HealthScreen)

const ROOMS: readonly (readonly [path: string, name: string, thing?: Thing])[] = [
  ['/customers', 'Customers'],
  ['/trail', 'Trail', 'trail'],
  ['/approvals', 'Approvals', 'approvals'],
  ['/keys', 'Keys'],
  ['/staff', 'Staff'],
  ['/clients', 'Clients', 'clients'],
  ['/health', 'Health'],
  ['/account', 'Account'],
]

/** What is around every screen: where one can go, for whom one acts, who one is. */
export function Shell() {
  useEffect(watchWaiting, [])
  const [location] = useLocation()
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    // On a narrow screen the links are wider than it.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [location])
  const rooms = ROOMS.filter(([, , thing]) => !thing || may(thing))
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <Link href="/" class="brand">
          Steward
        </Link>
        <nav aria-label="Main" ref={nav}>
          {rooms.map(([path, name]) => (
            <Link key={path} href={path} aria-current={location.startsWith(path) ? 'page' : undefined}>
              {name}
              {path === '/approvals' && waitingCount.value > 0 && <Count of={waitingCount.value} />}
            </Link>
          ))}
        </nav>
        <div class="who">
          <p>
            {me.value?.email}
            <span class="soft">{me.value && ROLE_NAMES[me.value.role]}</span>
          </p>
          <Leave />
        </div>
      </header>
      <div class="content">
        <ActingBanner />
        <main id="main" tabIndex={-1}>
          <Switch>
            <Route path="/">
              <Redirect to="/customers" replace />
            </Route>
            <Route path="/customers">
              <CustomersScreen />
            </Route>
            <Route path="/customers/:uid">{({ uid }) => <CustomerScreen key={uid} uid={uid} />}</Route>
            <Route path="/customers/:uid/lists">{({ uid }) => <Lists uid={uid} />}</Route>
            <Route path="/customers/:uid/lists/:list">
              {({ uid, list }) => <Members uid={uid} list={list} />}
            </Route>
            <Route path="/customers/:uid/contacts">{({ uid }) => <Contacts uid={uid} />}</Route>
            <Route path="/grants/:id">{({ id }) => <Report id={id} />}</Route>
            <Route path="/trail">
              <Trail />
            </Route>
            <Route path="/trail/:id">{({ id }) => <TrailEntry id={id} />}</Route>
            <Route path="/approvals">
              <Approvals />
            </Route>
            <Route path="/keys">
              <Keys />
            </Route>
            <Route path="/staff">
              <Staff />
            </Route>
            <Route path="/clients">
              <Clients />
            </Route>
            <Route path="/health">
              <Health />
            </Route>
            <Route path="/account">
              <Account />
            </Route>
            <Route>
              <Page title="There is nothing here">
                <p>
                  The address leads nowhere. <Link href="/customers">Go to the customers</Link>.
                </p>
              </Page>
            </Route>
          </Switch>
        </main>
      </div>
    </div>
  )
}

const Count = ({ of }: { of: number }) => (
  <>
    <span class="count" aria-hidden="true">
      {of}
    </span>
    <span class="unseen">, {of} waiting</span>
  </>
)
