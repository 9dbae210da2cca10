import { and, eq, gt } from 'drizzle-orm'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { utf8 } from '../crypto/encoding.ts'
import { contacts } from '../db/schema/lists.ts'
import { csvLines } from '../http/csv.ts'
import { logFailure } from '../log.ts'
import { type Contact, type ContactRow, contactColumns, presentContact } from './contacts.service.ts'

/** Rows in memory at a time: at most 17 MB, if each has all the fields that it may. */
const ROWS_PER_PAGE = 1_000

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const COLUMNS = [
  'uid',
  'email',
  'first_name',
  'last_name',
  'phone',
  'fields',
  'created_at',
  'updated_at',
] as const satisfies (keyof Contact)[]

/**
 * All contacts of a customer by age, as the bytes of a file. The first page is read at once, with the check of the
 * caller; each other one when its reader asks for more, so a reader who goes away stops the work. If a page cannot be
 * read the stream fails, and what came before does not look like the whole.
 */
export async function exportContacts(
  scope: CustomerScope,
  format: ExportFormat,
): Promise<ReadableStream<Uint8Array>> {
  const [firstPage] = await scope.read([contactsAfter(scope, 0)])
  const chunks = bytesOf(scope, format, firstPage)
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  }
  // Nothing is read ahead of the reader.
  return new ReadableStream(source, { highWaterMark: 0 })
}

async function* bytesOf(scope: CustomerScope, format: ExportFormat, firstPage: ContactRow[]) {
  if (format === 'csv') yield utf8(csvLines([[...COLUMNS]]))
  let page = firstPage
  while (page.length > 0) {
    yield utf8(WRITERS[format](page.map(presentContact)))
    const last = page.length === ROWS_PER_PAGE ? page.at(-1) : undefined
    page = last ? await nextPage(scope, last.id) : []
  }
}

const WRITERS: Record<ExportFormat, (page: Contact[]) => string> = {
  csv: (page) => csvLines(page.map((contact) => COLUMNS.map((name) => cellOf(contact[name])))),
  ndjson: (page) => page.map((contact) => `${JSON.stringify(contact)}\n`).join(''),
}

const cellOf = (value: Contact[keyof Contact]) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value

async function nextPage(scope: CustomerScope, lastId: number): Promise<ContactRow[]> {
  try {
    return await contactsAfter(scope, lastId)
  } catch (cause) {
    logFailure({ task: 'contacts export', customer_uid: scope.uid }, cause)
    throw new Error('the export was cut short')
  }
}

const contactsAfter = ({ db, uid }: CustomerScope, lastId: number) =>
  db
    .select(contactColumns)
    .from(contacts)
    .where(and(eq(contacts.customerUid, uid), gt(contacts.id, lastId)))
    .orderBy(contacts.id)
    .limit(ROWS_PER_PAGE)
