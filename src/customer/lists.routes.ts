import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import * as z from 'zod'
import { type CustomerEnv, requiresCustomer } from '../auth/requires-customer.ts'
import { positionOf } from '../http/envelopes.ts'
import { limitedText, name, text } from '../http/fields.ts'
import { pageQuery, pageRequest } from '../http/pagination.ts'
import { body, query } from '../http/validation.ts'
import { createList, deleteList, getList, listLists, updateList } from './lists.service.ts'

const listQuery = pageQuery.extend({ search: text().min(1).optional() })

const listInput = z.object({
  name: name(),
  description: limitedText(1000)
    .nullish()
    .transform((value) => value ?? null),
})

/** `/lists`: the mailing lists of a customer. */
export const listsRoutes = new Hono<CustomerEnv>()
  .get(
    '/lists',
    describeRoute({ summary: 'List the lists' }),
    requiresCustomer(),
    query(listQuery),
    async (c) => {
      const { search, ...paging } = c.req.valid('query')
      const page = pageRequest(paging, search === undefined ? ['number'] : ['string', 'number'])
      const { items, ...position } = await listLists(c.var.customer, search, page)
      return c.json({ status: 'success' as const, lists: items, pagination: positionOf(position) })
    },
  )
  .post(
    '/lists',
    describeRoute({ summary: 'Create a list' }),
    requiresCustomer(),
    body(listInput),
    async (c) => {
      const list = await createList(c.var.customer, c.req.valid('json'), c.var.now())
      return c.json({ status: 'success' as const, message: 'List created successfully', list }, 201)
    },
  )
  .get('/lists/:uid', describeRoute({ summary: 'Get a list' }), requiresCustomer(), async (c) => {
    const list = await getList(c.var.customer, c.req.param('uid'))
    return c.json({ status: 'success' as const, list })
  })
  .put(
    '/lists/:uid',
    describeRoute({ summary: 'Replace a list' }),
    requiresCustomer(),
    body(listInput),
    async (c) => {
      const list = await updateList(c.var.customer, c.req.param('uid'), c.req.valid('json'), c.var.now())
      return c.json({ status: 'success' as const, message: 'List updated successfully', list })
    },
  )
  .delete('/lists/:uid', describeRoute({ summary: 'Delete a list' }), requiresCustomer(), async (c) => {
    const list = await deleteList(c.var.customer, c.req.param('uid'))
    return c.json({ status: 'success' as const, message: 'List deleted successfully', list })
  })
