import { type Context, Hono } from 'hono'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { customerAnswer, customerChange, customerPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { text } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { body, query } from '../../http/validation.ts'
import { contactBody, contactChangesBody, memberStatus } from './contact-input.ts'
import { listContacts } from './contact-listing.service.ts'
import {
  type ContactInput,
  contactObject,
  createContact,
  deleteContact,
  getContact,
  updateContact,
} from './contacts.service.ts'

const contactsQuery = () =>
  pageQuery()
    .extend({
      search: text().min(1).optional(),
      email: text().min(1).optional(),
      status: memberStatus().optional(),
    })
    .refine(({ search, email, status }) => search === undefined || (email ?? status) === undefined, {
      path: ['search'],
      error: 'goes without email and status',
    })

const PAGE = customerPage('contacts', contactObject)
const CONTACT_CREATED = customerChange(201, 'Contact created successfully', () => ({
  contact: contactObject(),
}))
const SHOWN = customerAnswer(() => ({ contact: contactObject() }))
const CONTACT_UPDATED = customerChange(200, 'Contact updated successfully', () => ({
  contact: contactObject(),
}))
const CONTACT_DELETED = customerChange(200, 'Contact deleted successfully', () => ({
  contact: contactObject(),
}))

export const CONTACTS = {
  name: 'Contacts',
  description: 'The people a customer writes to.',
  parameters: { uid: { description: 'The uid of a contact.', examples: ['xj35478ymfe15'] } },
} satisfies Part

const describes = describing(CONTACTS)

/** `/contacts`: the people a customer writes to. */
export const contactsRoutes = new Hono<CustomerEnv>()
  .get(
    '/contacts',
    describes(() => ({
      id: 'listContacts',
      summary: 'List the contacts',
      description:
        '`search` finds emails, first and last names that begin with it (ASCII letters in any case), in this order, or, as `@example.com`, every address of a domain. `email` is a whole address, `status` that of a contact in any list. Above 1,000 matches of `search` or `status`, `total` and `total_pages` are null: follow `next_cursor`.',
      answers: [PAGE],
    })),
    requiresCustomer(),
    query(contactsQuery),
    async (c) => {
      const { search, email, status, ...page } = c.req.valid('query')
      const found = await listContacts(c.var.customer, { search, email, status }, page)
      return PAGE.of(c, found)
    },
  )
  .post(
    '/contacts',
    describes(() => ({
      id: 'createContact',
      summary: 'Create a contact',
      description:
        'Makes a contact. A second one with the same email is refused with 409 and the uid of the first.',
      answers: [CONTACT_CREATED],
      errors: ['contact_exists'],
    })),
    requiresCustomer(),
    body(contactBody),
    async (c) => {
      const contact = await createContact(c.var.customer, c.req.valid('json'), c.var.now())
      setTarget(c.var.facts, 'contact', contact.uid)
      return CONTACT_CREATED.of(c, { contact })
    },
  )
  .get(
    '/contacts/:uid',
    describes(() => ({
      id: 'getContact',
      summary: 'Get a contact',
      description: 'Returns a contact.',
      answers: [SHOWN],
      errors: ['contact_unknown'],
    })),
    requiresCustomer({ target: 'contact' }),
    async (c) => {
      const contact = await getContact(c.var.customer, c.req.param('uid'))
      return SHOWN.of(c, { contact })
    },
  )
  .put(
    '/contacts/:uid',
    describes(() => ({
      id: 'replaceContact',
      summary: 'Replace a contact',
      description: 'Sets all that may be set; what is left out is taken away.',
      answers: [CONTACT_UPDATED],
      errors: ['contact_unknown', 'contact_exists'],
    })),
    requiresCustomer({ target: 'contact' }),
    body(contactBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )
  .patch(
    '/contacts/:uid',
    describes(() => ({
      id: 'updateContact',
      summary: 'Change a contact',
      answers: [CONTACT_UPDATED],
      errors: ['contact_unknown', 'contact_exists'],
      description: 'Changes what is sent; `fields`, if sent, is replaced as a whole.',
    })),
    requiresCustomer({ target: 'contact' }),
    body(contactChangesBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )
  .delete(
    '/contacts/:uid',
    describes(() => ({
      id: 'deleteContact',
      summary: 'Delete a contact',
      description: 'Takes it out of all lists as well. Returns the contact as it was.',
      answers: [CONTACT_DELETED],
      errors: ['contact_unknown'],
    })),
    requiresCustomer({ target: 'contact' }),
    async (c) => {
      const contact = await deleteContact(c.var.customer, c.req.param('uid'))
      return CONTACT_DELETED.of(c, { contact })
    },
  )

async function answerUpdated(c: Context<CustomerEnv>, uid: string, input: Partial<ContactInput>) {
  const contact = await updateContact(c.var.customer, uid, input, c.var.now())
  return CONTACT_UPDATED.of(c, { contact })
}
