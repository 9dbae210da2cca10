import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { creationOptionsObject, registrationResponse } from '../../auth/factors/passkeys/json.ts'
import { requires, requiresToChange } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { name } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { listPasskeys, passkeyObject, removePasskey } from './passkey-records.service.ts'
import { addPasskey, passkeyOptions } from './passkeys.service.ts'
import { SECOND_FACTORS } from './second-factors.routes.ts'

const newPasskeyBody = () => z.strictObject({ name: name(), credential: registrationResponse() })

const OPTIONS_CREATED = adminAnswer(200, 'Passkey options created successfully', creationOptionsObject)
const RETRIEVED = adminPage('Passkeys retrieved successfully', passkeyObject)
const CREATED = adminAnswer(201, 'Passkey created successfully', passkeyObject)
const DELETED = adminAnswer(200, 'Passkey deleted successfully', passkeyObject)

const describes = describing(SECOND_FACTORS)

/** `/admin/passkeys`: the passkeys of one's own. */
export const passkeysRoutes = new Hono<AdminEnv>()
  .post(
    '/passkeys/options',
    describes(() => ({
      id: 'createPasskeyOptions',
      summary: 'Get what a passkey is made from',
      description:
        'Returns what `navigator.credentials.create()` takes, by way of `PublicKeyCredential.parseCreationOptionsFromJSON()`. It is good once, for 5 minutes, in this session.',
      answers: [OPTIONS_CREATED],
    })),
    requiresToChange('factors:manage'),
    async (c) => OPTIONS_CREATED.of(c, await passkeyOptions(storesOf(c), c.var.actor, c.var.now())),
  )
  .post(
    '/passkeys',
    describes(() => ({
      id: 'createPasskey',
      summary: 'Add a passkey',
      description: 'From now on it logs you in by itself, or after your password.',
      answers: [CREATED],
      errors: ['passkey_exists', 'passkey_limit'],
    })),
    requiresToChange('factors:manage'),
    body(newPasskeyBody),
    async (c) => {
      const { actor, facts, now } = c.var
      const passkey = await addPasskey(storesOf(c), actor, c.req.valid('json'), now())
      setTarget(facts, 'passkey', passkey.id)
      setChanges(facts, 'passkey', { before: null, after: passkey })
      return CREATED.of(c, passkey)
    },
  )
  .get(
    '/passkeys',
    describes(() => ({
      id: 'listPasskeys',
      summary: 'List the own passkeys',
      description: 'Returns your passkeys by age.',
      answers: [RETRIEVED],
    })),
    requires('factors:read'),
    query(pageQuery),
    async (c) => RETRIEVED.of(c, await listPasskeys(c.var.db, c.var.actor, c.req.valid('query'))),
  )
  .delete(
    '/passkeys/:id',
    describes(() => ({
      id: 'deletePasskey',
      parameters: { id: { description: 'The id of a passkey of the own.', examples: ['AQIDBAUGBwg'] } },
      summary: 'Remove a passkey',
      description: 'It is refused from now on. The last factor of a role that must have one stays.',
      answers: [DELETED],
      errors: ['passkey_unknown', 'last_factor'],
    })),
    requiresToChange('factors:manage'),
    async (c) => {
      const { actor, facts } = c.var
      const passkey = await removePasskey(storesOf(c), actor, c.req.param('id'))
      setChanges(facts, 'passkey', { before: passkey, after: {} })
      return DELETED.of(c, passkey)
    },
  )
