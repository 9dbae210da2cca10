import { Hono } from 'hono'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing } from '../../http/annotations.ts'
import { customerAnswer } from '../../http/answers.ts'
import { bulkBody } from '../../http/body/bulk.ts'
import { contactUpsert, memberUpsert } from '../contacts/contact-input.ts'
import { CONTACTS } from '../contacts/contacts.routes.ts'
import { LISTS } from '../lists/lists.routes.ts'
import { bulkOutcome } from './bulk.service.ts'
import { upsertContacts } from './bulk-contacts.service.ts'
import { upsertMembers } from './bulk-members.service.ts'

const HOW_FILES_ARE_READ =
  'JSON or a form has the rows under `contacts`; NDJSON has one a line; CSV (UTF-8; commas, semicolons or tabs; at most 250 columns) names its columns in the first line, in any case. The file may also come as the part `file` of a multipart form. Columns `fields.<name>` are members of `fields`, which they replace as a whole, or a column `fields` holds it as JSON; other columns that are not known are refused, unless `unknown_columns` says what becomes of them; those that only an export has (`uid`, `created_at`, `updated_at`) are passed over. An empty cell is null, one with nothing but an apostrophe is an empty text. Apostrophes that keep a cell from being taken for a formula are taken off. An email that is there twice is created by its first row and updated by the next, in order. `row` counts from 1, without the line of columns and lines of nothing but separators. Up to 10,000 rows and 8 MiB; rows are written up to 1,000 and 2 MB at a time, and sending a file again does no harm.'

const SHOWN = customerAnswer(bulkOutcome)

const describesContacts = describing(CONTACTS)
const describesLists = describing(LISTS)

/** `.../bulk`: many contacts in one request. */
export const bulkRoutes = new Hono<CustomerEnv>()
  .post(
    '/contacts/bulk',
    describesContacts(() => ({
      id: 'bulkUpsertContacts',
      summary: 'Create or update many contacts by their emails',
      description: `Of a contact that is there, what a row names changes and the rest stays. ${HOW_FILES_ARE_READ}`,
      answers: [SHOWN],
    })),
    requiresCustomer(),
    bulkBody(contactUpsert, {
      name: 'contacts',
      identifying: ['email'],
      examples: {
        ndjson: '{"email":"ada@example.com","first_name":"Ada"}\n{"email":"bob@example.com"}\n',
        csv: 'email,first_name,fields.city\nada@example.com,Ada,York\nbob@example.com,,\n',
      },
    }),
    async (c) => {
      const outcome = await upsertContacts(c.var.customer, c.req.valid('json').rows, c.var.now())
      return SHOWN.of(c, { ...outcome })
    },
  )
  .post(
    '/lists/:uid/contacts/bulk',
    describesLists(() => ({
      id: 'bulkAddMembers',
      summary: 'Put many contacts into a list',
      description: `By \`contact_uid\`, or by \`email\`: then the contact is created, or changed as \`POST /contacts/bulk\` does. The status is \`subscribed\` unless a row names another; a contact that is in the list already keeps its own unless a row names one, and its result is \`updated\`. ${HOW_FILES_ARE_READ}`,
      answers: [SHOWN],
      errors: ['list_unknown'],
    })),
    requiresCustomer({ target: 'list' }),
    bulkBody(memberUpsert, {
      name: 'contacts',
      identifying: ['email', 'contact_uid'],
      examples: {
        ndjson: '{"email":"ada@example.com","status":"unconfirmed"}\n{"contact_uid":"xj35478ymfe15"}\n',
        csv: 'email,first_name,status\nada@example.com,Ada,unconfirmed\nbob@example.com,,\n',
      },
    }),
    async (c) => {
      const { rows } = c.req.valid('json')
      const outcome = await upsertMembers(c.var.customer, c.req.param('uid'), rows, c.var.now())
      return SHOWN.of(c, { ...outcome })
    },
  )
