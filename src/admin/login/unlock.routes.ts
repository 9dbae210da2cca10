import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import { ownerOfLink, redeemLink, UNLOCKED } from '../../auth/accounts/unlock-link.ts'
import { recordedByLink } from '../../auth/on-record.ts'
import { describing } from '../../http/annotations.ts'
import { pageAnswer } from '../../http/answers.ts'
import { type AppEnv, setTarget } from '../../http/context.ts'
import { isPublic } from '../../http/declared.ts'
import { showPage } from '../../http/files/html-page.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { settingsOf } from '../../settings.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { confirmationPage, deadLinkPage, unlockedPage } from './unlock-pages.ts'

/** A token of any form: an invalid one gets the page that says so, not a list of errors. */
const link = () => z.object({ token: z.string().catch('') })

const UNLOCK_PAGES = [pageAnswer(200), pageAnswer(404)]

const describes = describing(ADMINS)

/** `/admin/unlock`: pages for the owner of a locked account. Whoever has the link needs nothing else. */
export const unlockRoutes = new Hono<AppEnv>()
  .get(
    '/unlock',
    describes(() => ({
      id: 'getUnlockPage',
      summary: 'Show the page that unlocks an account',
      description: 'What the mailed link leads to: a page with a button, for browsers.',
      answers: UNLOCK_PAGES,
      errors: ['dependency_unavailable'],
    })),
    isPublic(),
    query(link),
    async (c) => {
      const { productName } = settingsOf(c.env)
      const { token } = c.req.valid('query')
      const owner = await ownerOfLink(c.var.db, token, c.var.now())
      return owner === undefined
        ? showPage(c, 404, await deadLinkPage(productName))
        : showPage(c, 200, await confirmationPage(productName, token))
    },
  )
  .post(
    '/unlock',
    describes(() => ({
      id: 'unlockByLink',
      summary: 'Unlock the account of a mailed link',
      description: 'What the button sends. A link works once, for an hour.',
      answers: UNLOCK_PAGES,
      errors: ['dependency_unavailable', 'audit_unavailable'],
    })),
    isPublic(),
    body(link),
    async (c) => {
      const { productName } = settingsOf(c.env)
      const { token } = c.req.valid('json')
      const owner = await ownerOfLink(c.var.db, token, c.var.now())
      if (owner === undefined) return showPage(c, 404, await deadLinkPage(productName))
      setTarget(c.var.facts, 'admin', `${owner}`)
      return recordedByLink(c, async () => {
        const unlocked = await redeemLink(storesOf(c), token, c.var.now())
        if (!unlocked) return showPage(c, 404, await deadLinkPage(productName))
        setChanges(c.var.facts, 'admin', UNLOCKED)
        return showPage(c, 200, await unlockedPage(productName))
      })
    },
  )
