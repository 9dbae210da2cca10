import { and, eq, gt } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import type { Reader } from '../../db/reader.ts'
import { contacts } from '../../db/schema/lists.ts'
import { AppError } from '../../errors.ts'
import { csvLines } from '../../http/files/csv.ts'
import type { ExportFormat } from '../../http/files/export-files.ts'
import { pagedStream } from '../../http/files/paged-stream.ts'
import { logFailure } from '../../log.ts'
import { type Contact, type ContactRow, contactColumns, presentContact } from './contacts.service.ts'

/** Rows in memory at a time: at most 17 MB, if each has all the fields that it may. */
const ROWS_PER_PAGE = 1_000

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
 * Returns all contacts of a customer by age, as the bytes of a file. The first page is read at once, with the check of
 * the caller, and each other one with the same check anew. If a page cannot be read the stream fails, and what came
 * before does not look like the whole. `onRows` is told how many contacts leave.
 */
export async function exportContacts(
  scope: CustomerScope,
  format: ExportFormat,
  onRows: (rows: number) => void,
): Promise<ReadableStream<Uint8Array>> {
  const first = await contactsAfter(scope, scope.uid, 0)
  const after = ({ id }: ContactRow) => nextPage(scope, id)
  const { head, write } = WRITERS[format]
  const writePage = (page: ContactRow[]) => write(page.map(presentContact))
  return pagedStream({ head: head(), first, size: ROWS_PER_PAGE, after }, writePage, onRows)
}

const WRITERS: Record<ExportFormat, { head: () => string; write: (page: Contact[]) => string }> = {
  csv: {
    head: () => csvLines([COLUMNS]),
    write: (page) => csvLines(page.map((contact) => COLUMNS.map((name) => contact[name]))),
  },
  ndjson: {
    head: () => '',
    write: (page) => page.map((contact) => `${JSON.stringify(contact)}\n`).join(''),
  },
}

/** @throws AppError the refusal, if the caller may not go on */
async function nextPage(scope: CustomerScope, lastId: number): Promise<ContactRow[]> {
  try {
    return await contactsAfter(scope.renewed(), scope.uid, lastId)
  } catch (cause) {
    if (cause instanceof AppError && cause.status < 500) throw cause
    logFailure({ task: 'contacts export', customer_uid: scope.uid }, cause)
    throw new Error('the export was cut short')
  }
}

async function contactsAfter(reader: Reader, customerUid: string, lastId: number): Promise<ContactRow[]> {
  const { page } = await reader.read({
    page: reader.db
      .select(contactColumns)
      .from(contacts)
      .where(and(eq(contacts.customerUid, customerUid), gt(contacts.id, lastId)))
      .orderBy(contacts.id)
      .limit(ROWS_PER_PAGE),
  })
  return page
}
