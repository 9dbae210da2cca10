import type { SessionHolder } from '../../../src/auth/callers/session.ts'
import { PASSWORD } from '../factories.ts'
import { answerTo, makeLoginToken, makePendingTotp, registrationIn, totpCode } from '../factors/factors.ts'
import { documented } from './contract.ts'
import type { Route } from './routes.ts'
import type { World } from './world.ts'

/**
 * Bodies that routes take, about what is in a world and for whoever sends them, where the example in the OpenAPI
 * document will not do.
 */
const BODIES: Record<string, (world: World, holder: SessionHolder) => unknown> = {
  'POST /admin/login': ({ admin }) => ({ email: admin.email, password: PASSWORD }),
  'POST /admin/login/second_factor': async ({ admin, codes }, holder) => ({
    login_token: await makeLoginToken(admin.adminId, holder),
    recovery_code: codes[0],
  }),
  'POST /admin/login/passkey': async ({ authenticator }) => ({
    credential: await answerTo(authenticator, { purpose: 'login' }),
  }),
  'POST /admin/reauthenticate': ({ secret }) => ({ password: PASSWORD, totp: totpCode(secret) }),
  'POST /admin/totp/confirm': async ({ admin }) => ({
    totp: totpCode(await makePendingTotp(admin.adminId)),
  }),
  'POST /admin/passkeys': async ({ tokens }, holder) => ({
    name: 'A phone',
    credential: await registrationIn(tokens[holder]),
  }),
  'POST /admin/update_password': () => ({
    current_password: PASSWORD,
    password: 'seven purple gardens by the lake',
    password_confirmation: 'seven purple gardens by the lake',
  }),
  'POST /admin/new': () => ({ email: 'new@example.com', role: 'customer_success' }),
  'POST /admin/role/:id{[0-9]+}': () => ({ role: 'customer_success' }),
  'POST /admin/api_keys': () => ({ name: 'Nightly import' }),
  'POST /admin/api_keys/:id/roll': () => ({ grace_seconds: 60 }),
  'POST /admin/access_grants': ({ uid }) => ({ customer_uid: uid, reason: 'Ticket 4711' }),
  'POST /admin/access_grants/:id/approve': () => ({ comment: 'The ticket is real' }),
  'POST /admin/access_grants/:id/decline': () => ({ comment: 'Ask its owner' }),
  'POST /admin/access_grants/:id/review': () => ({ comment: 'It was one' }),
  'POST /admin/impersonation/stop': () => ({ reason: 'A key was published' }),
  'POST /admin/clients': () => ({ name: 'Back office' }),
  'PATCH /admin/clients/:id': () => ({ name: 'Front office' }),
  'POST /admin/clients/:id/rotate': () => ({ grace_seconds: 60 }),
  'POST /admin/customers': () => ({ email: 'new@example.com', first_name: 'New', last_name: 'Customer' }),
  'PUT /admin/customers/:uid': () => ({ email: 'new@example.com', first_name: 'New', last_name: 'Name' }),
  'PATCH /admin/customers/:uid': () => ({ group: 'Gold' }),
  'POST /admin/customers/:uid/api_keys': () => ({ name: 'Website' }),
  'POST /admin/disable_requests': ({ uid }) => ({ user_id: uid, reason: 'Very suspicious user' }),
  'POST /admin/enable_requests/:id': () => ({ reason: 'User no longer suspicious' }),
  'POST /admin/disable_requests/approve/:id': () => ({ comment: 'Confirmed by the bank' }),
  'POST /admin/disable_requests/decline/:id': () => ({ comment: 'Not okay' }),
  'POST /admin/enable_requests/approve/:id': () => ({ comment: 'Confirmed by the bank' }),
  'POST /admin/enable_requests/decline/:id': () => ({ comment: 'Not okay' }),
  'PUT /account/support_access': () => ({ policy: 'notify' }),
  'POST /api_keys': () => ({ name: 'Website' }),
  'POST /lists': () => ({ name: 'Spring', description: 'Flowers' }),
  'PUT /lists/:uid': () => ({ name: 'Summer' }),
  'PATCH /lists/:uid': () => ({ description: 'Sun' }),
  'POST /lists/:uid/copy': () => ({ name: 'Autumn' }),
  'POST /lists/:uid/contacts': () => ({ email: 'bob@example.com', status: 'unconfirmed' }),
  'PUT /lists/:uid/contacts/:contact_uid': () => ({ status: 'blacklisted' }),
  'POST /lists/:uid/contacts/bulk': () => ({ contacts: [{ email: 'bob@example.com' }, { email: 'no' }] }),
  'POST /contacts': () => ({ email: 'eve@example.com', first_name: 'Eve', fields: { city: 'Rome' } }),
  'PUT /contacts/:uid': () => ({ email: 'eve@example.com' }),
  'PATCH /contacts/:uid': () => ({ phone: '+44 20 7946 0000' }),
  'POST /contacts/bulk': () => ({ contacts: [{ email: 'eve@example.com' }, { email: 'no' }] }),
}

/** The routes that there is a body for. */
export const ROUTES_WITH_BODIES = Object.keys(BODIES)

/**
 * A body that a route takes; undefined where it takes none. Where the table above has none, it is the example in the
 * OpenAPI document, which comes of the examples in its schema.
 */
export async function validBody(
  { method, path, takesBody }: Route,
  world: World,
  holder: SessionHolder = 'client',
): Promise<unknown> {
  if (!takesBody) return undefined
  const make = BODIES[`${method} ${path}`]
  return make
    ? make(world, holder)
    : documented(method, path)?.requestBody?.content['application/json']?.example
}
