import { Hono } from 'hono'
import * as z from 'zod'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing, streams } from '../../http/annotations.ts'
import { EXPORT_FORMATS, fileAnswer, rowCounter } from '../../http/files/export-files.ts'
import { query } from '../../http/validation.ts'
import { CONTACTS } from './contacts.routes.ts'
import { exportContacts } from './export.service.ts'

const exportQuery = () => z.strictObject({ format: z.enum(EXPORT_FORMATS) })

const FILE = fileAnswer('contacts', {
  ndjson:
    '{"uid":"xj35478ymfe15","email":"ada@example.com","first_name":"Ada","last_name":null,"phone":null,"fields":{"city":"York"},"created_at":"2026-11-21T09:30:00.000Z","updated_at":"2026-11-21T09:30:00.000Z"}\n',
  csv: 'uid,email,first_name,last_name,phone,fields,created_at,updated_at\r\nxj35478ymfe15,ada@example.com,Ada,,,"{""city"":""York""}",2026-11-21T09:30:00.000Z,2026-11-21T09:30:00.000Z\r\n',
})

const describes = describing(CONTACTS)

/** `/contacts/export`: all contacts in one file. Mounted before `/contacts/:uid`, which would match it too. */
export const exportRoutes = new Hono<CustomerEnv>().get(
  '/contacts/export',
  describes(() => ({
    id: 'exportContacts',
    summary: 'Export all contacts',
    description:
      'Streams the contacts by age, as NDJSON or as CSV, where an apostrophe stands before each cell that a spreadsheet could take for a formula and before the formulas within it. `POST /contacts/bulk` takes either back as it was. A connection that ends early means that the file is not complete.',
    answers: [FILE],
  })),
  requiresCustomer(),
  streams(),
  query(exportQuery),
  async (c) => {
    const { format } = c.req.valid('query')
    return FILE.of(c, format, await exportContacts(c.var.customer, format, rowCounter(c.var.facts)))
  },
)
