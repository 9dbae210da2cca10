import { Hono } from 'hono'
import * as z from 'zod'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing } from '../../http/annotations.ts'
import { customerChange, customerPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { text } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { body, query } from '../../http/validation.ts'
import { memberBody, memberStatus } from '../contacts/contact-input.ts'
import { addByEmail, addContact } from './enrolment.service.ts'
import { LISTS } from './lists.routes.ts'
import { listMembers, memberObject, removeMember, setMemberStatus } from './members.service.ts'

const membersQuery = () =>
  pageQuery().extend({ status: memberStatus().optional(), email: text().min(1).optional() })

const statusBody = () => z.strictObject({ status: memberStatus() })

const PAGE = customerPage('contacts', memberObject)
const CONTACT_ADDED = customerChange(201, 'Contact added successfully', () => ({ contact: memberObject() }))
const CONTACT_UPDATED = customerChange(200, 'Contact updated successfully', () => ({
  contact: memberObject(),
}))
const CONTACT_REMOVED = customerChange(200, 'Contact removed successfully', () => ({
  contact: memberObject(),
}))

const describes = describing(LISTS)

/** `/lists/:uid/contacts`: the members of a list. */
export const membersRoutes = new Hono<CustomerEnv>()
  .get(
    '/lists/:uid/contacts',
    describes(() => ({
      id: 'listMembers',
      summary: 'List the contacts in a list',
      description: 'Returns the contacts of a list with their status in it, by age.',
      answers: [PAGE],
      errors: ['list_unknown'],
    })),
    requiresCustomer({ target: 'list' }),
    query(membersQuery),
    async (c) => {
      const { status, email, ...page } = c.req.valid('query')
      const found = await listMembers(c.var.customer, c.req.param('uid'), { status, email }, page)
      return PAGE.of(c, found)
    },
  )
  .post(
    '/lists/:uid/contacts',
    describes(() => ({
      id: 'addMember',
      summary: 'Put a contact into a list',
      answers: [CONTACT_ADDED],
      errors: ['list_unknown', 'contact_unknown', 'member_exists'],
      description:
        'By `contact_uid`, or by `email`: then the contact is created if there is none, with the attributes that come along; one that is there keeps its own. The status is `subscribed` unless another is sent. A contact that is in the list already keeps its status, and the answer is 409 `member_exists`: nobody is subscribed again by accident.',
    })),
    requiresCustomer({ target: 'list' }),
    body(memberBody),
    async (c) => {
      const { contactUid, contact: input, status } = c.req.valid('json')
      const listUid = c.req.param('uid')
      const contact =
        contactUid === undefined
          ? await addByEmail(c.var.customer, listUid, input, status, c.var.now())
          : await addContact(c.var.customer, listUid, contactUid, status, c.var.now())
      setTarget(c.var.facts, 'contact', contact.uid)
      return CONTACT_ADDED.of(c, { contact })
    },
  )
  .put(
    '/lists/:uid/contacts/:contact_uid',
    describes(() => ({
      id: 'updateMember',
      summary: 'Set the status of a contact in a list',
      description: 'Returns the contact with its new status in the list.',
      answers: [CONTACT_UPDATED],
      errors: ['list_unknown', 'contact_unknown'],
    })),
    requiresCustomer({ target: 'contact' }),
    body(statusBody),
    async (c) => {
      const { uid, contact_uid: contactUid } = c.req.param()
      const { status } = c.req.valid('json')
      const contact = await setMemberStatus(c.var.customer, uid, contactUid, status, c.var.now())
      return CONTACT_UPDATED.of(c, { contact })
    },
  )
  .delete(
    '/lists/:uid/contacts/:contact_uid',
    describes(() => ({
      id: 'removeMember',
      summary: 'Take a contact out of a list',
      answers: [CONTACT_REMOVED],
      errors: ['list_unknown', 'contact_unknown'],
      description: 'The contact itself stays.',
    })),
    requiresCustomer({ target: 'contact' }),
    async (c) => {
      const { uid, contact_uid: contactUid } = c.req.param()
      const contact = await removeMember(c.var.customer, uid, contactUid)
      return CONTACT_REMOVED.of(c, { contact })
    },
  )
