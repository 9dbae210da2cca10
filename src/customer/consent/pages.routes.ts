import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { noteGrant, presentGrant } from '../../auth/grants/grant-object.ts'
import { noteChange, noteCustomer, recordedByLink } from '../../auth/on-record.ts'
import { describing } from '../../http/annotations.ts'
import { pageAnswer } from '../../http/answers.ts'
import type { AppEnv } from '../../http/context.ts'
import { isPublic } from '../../http/declared.ts'
import { showPage } from '../../http/files/html-page.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { settingsOf } from '../../settings.ts'
import { CONSENT } from './consent.routes.ts'
import { decideByLink, endByLink, findLinked, type Linked } from './links.service.ts'
import { CHOICES, type Choice, choicesOf, deadLinkPage, decidedPage, endedPage, linkedPage } from './pages.ts'

/** A token of any form: an invalid one gets the page that says so, not a list of errors. */
const token = () => z.string().catch('')
const link = () => z.object({ token: token() })
const choice = () => z.object({ token: token(), choice: z.enum(CHOICES).optional().catch(undefined) })

const PAGES = [pageAnswer(200), pageAnswer(404)]

const describes = describing(CONSENT)

/** `/support_access`: what mails to customers link to. Whoever has the link needs nothing else. */
export const consentPagesRoutes = new Hono<AppEnv>()
  .get(
    '/support_access',
    describes(() => ({
      id: 'getSupportAccessPage',
      summary: 'Show the page of a link in a mail',
      description:
        'For browsers: says who asks for access, or has it, and has buttons to approve and decline, or to end it.',
      answers: PAGES,
      errors: ['dependency_unavailable'],
    })),
    isPublic(),
    query(link),
    async (c) => {
      const { token } = c.req.valid('query')
      const linked = await findLinked(c.var.db, token, c.var.now())
      return linked ? showLinked(c, token, linked) : showDead(c)
    },
  )
  .post(
    '/support_access',
    describes(() => ({
      id: 'decideByLink',
      summary: 'Decide by a link in a mail',
      description: 'What the buttons send. A link works once, and as long as there is something to decide.',
      answers: PAGES,
      errors: ['dependency_unavailable', 'audit_unavailable'],
    })),
    isPublic(),
    body(choice),
    async (c) => {
      const { token, choice } = c.req.valid('json')
      const linked = await findLinked(c.var.db, token, c.var.now())
      if (!linked) return showDead(c)
      if (!choice || !choicesOf(linked).includes(choice)) return showLinked(c, token, linked)
      noteLinked(c, linked)
      return recordedByLink(c, () => carryOut(c, linked, choice))
    },
  )

async function carryOut(c: Context<AppEnv>, linked: Linked, choice: Choice): Promise<Response> {
  const { facts, now } = c.var
  const { productName } = settingsOf(c.env)
  const stores = storesOf(c)
  const decision = choice === 'approve' ? 'approved' : 'declined'
  const changed =
    choice === 'end'
      ? await endByLink(stores, linked, now())
      : await decideByLink(stores, linked, decision, now())
  if (!changed) return showDead(c)
  noteChange(facts, 'access_grant', {
    before: presentGrant(changed.before),
    after: presentGrant(changed.after),
  })
  const page = choice === 'end' ? endedPage(productName) : decidedPage(productName, changed.after)
  return showPage(c, 200, await page)
}

/** Notes whose link it is and what it is about, for the record. */
function noteLinked({ var: { facts } }: Context<AppEnv>, { grant }: Linked): void {
  noteCustomer(facts, null)
  noteGrant(facts, presentGrant(grant))
}

async function showLinked(c: Context<AppEnv>, token: string, linked: Linked): Promise<Response> {
  const { customerUid, adminId } = linked.grant
  const staff = await storesOf(c).pseudonymOf(customerUid, adminId)
  return showPage(c, 200, await linkedPage(settingsOf(c.env).productName, token, linked, staff))
}

const showDead = async (c: Context<AppEnv>): Promise<Response> =>
  showPage(c, 404, await deadLinkPage(settingsOf(c.env).productName))
