import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { type CustomerEnv, requiresCustomer } from '../auth/requires-customer.ts'
import { positionOf } from '../http/envelopes.ts'
import { text } from '../http/fields.ts'
import { pageQuery, pageRequest } from '../http/pagination.ts'
import { body, query } from '../http/validation.ts'
import { contactChanges, contactInput } from './contact-input.ts'
import { createContact, deleteContact, getContact, listContacts, updateContact } from './contacts.service.ts'

const contactQuery = pageQuery.extend({ search: text().min(1).optional(), email: text().min(1).optional() })

/** `/contacts`: the people a customer writes to. */
export const contactsRoutes = new Hono<CustomerEnv>()
  .get(
    '/contacts',
    describeRoute({ summary: 'List the contacts' }),
    requiresCustomer(),
    query(contactQuery),
    async (c) => {
      const { search, email, ...paging } = c.req.valid('query')
      const filtered = search !== undefined || email !== undefined
      const page = pageRequest(paging, filtered ? ['string', 'number'] : ['number'])
      const { items, ...position } = await listContacts(c.var.customer, { search, email }, page)
      return c.json({ status: 'success' as const, contacts: items, pagination: positionOf(position) })
    },
  )
  .post(
    '/contacts',
    describeRoute({ summary: 'Create a contact' }),
    requiresCustomer(),
    body(contactInput),
    async (c) => {
      const contact = await createContact(c.var.customer, c.req.valid('json'), c.var.now())
      return c.json({ status: 'success' as const, message: 'Contact created successfully', contact }, 201)
    },
  )
  .get('/contacts/:uid', describeRoute({ summary: 'Get a contact' }), requiresCustomer(), async (c) => {
    const contact = await getContact(c.var.customer, c.req.param('uid'))
    return c.json({ status: 'success' as const, contact })
  })
  .put(
    '/contacts/:uid',
    describeRoute({ summary: 'Replace a contact' }),
    requiresCustomer(),
    body(contactInput),
    async (c) => {
      const contact = await updateContact(
        c.var.customer,
        c.req.param('uid'),
        c.req.valid('json'),
        c.var.now(),
      )
      return c.json({ status: 'success' as const, message: 'Contact updated successfully', contact })
    },
  )
  .patch(
    '/contacts/:uid',
    describeRoute({
      summary: 'Change a contact',
      description: 'Changes what is sent; `fields`, if sent, is replaced as a whole.',
    }),
    requiresCustomer(),
    body(contactChanges),
    async (c) => {
      const contact = await updateContact(
        c.var.customer,
        c.req.param('uid'),
        c.req.valid('json'),
        c.var.now(),
      )
      return c.json({ status: 'success' as const, message: 'Contact updated successfully', contact })
    },
  )
  .delete('/contacts/:uid', describeRoute({ summary: 'Delete a contact' }), requiresCustomer(), async (c) => {
    const contact = await deleteContact(c.var.customer, c.req.param('uid'))
    return c.json({ status: 'success' as const, message: 'Contact deleted successfully', contact })
  })
