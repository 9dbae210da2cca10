import { Hono } from 'hono'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing } from '../../http/annotations.ts'
import { customerPage } from '../../http/answers.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { query } from '../../http/validation.ts'
import { accessLogEntry, listAccesses } from './access-log.service.ts'
import { ACCOUNT } from './account.routes.ts'

const PAGE = customerPage('entries', accessLogEntry)

const describes = describing(ACCOUNT)

/** `/access_log`: the acts of admins on the customer's data. */
export const accessLogRoutes = new Hono<CustomerEnv>().get(
  '/access_log',
  describes(() => ({
    id: 'listAccessLog',
    summary: 'List what admins did on your data',
    description:
      'Newest first, one entry an act, refused ones too. An act shows up within seconds of its end. Admins have pseudonyms that hold for this customer only.',
    answers: [PAGE],
  })),
  requiresCustomer(),
  query(pageQuery),
  async (c) => {
    const { customer, now } = c.var
    const page = c.req.valid('query')
    const found = await listAccesses(customer, storesOf(c), page, now())
    return PAGE.of(c, found)
  },
)
