import { and, eq, gt, lt, lte, max, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import type { Reader } from '../../db/reader.ts'
import { contacts } from '../../db/schema/lists.ts'
import { AppError } from '../../errors.ts'
import { csvLines } from '../../http/files/csv.ts'
import type { ExportFormat } from '../../http/files/export-files.ts'
import { pagedStream } from '../../http/files/paged-stream.ts'
import { logFailure } from '../../log.ts'
import { type Contact, type ContactRow, contactColumns, presentContact } from './contacts.service.ts'

/**
 * Limits of a page in memory: rows, so that a million contacts take no more than the thousand statements that D1 runs
 * for an invocation (https://developers.cloudflare.com/d1/platform/limits/), two for a page; and bytes of fields that
 * leave room in an isolate, where nested lists take ten times as many.
 */
const ROWS_PER_PAGE = 2_500
const FIELD_BYTES_PER_PAGE = 2_000_000

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
 * Returns all contacts of a customer by age, as the bytes of a file. The first page is read at once, with the check
 * of the caller, and each further page with a new check. If a page cannot be read the stream fails, so that a part
 * never looks like the whole. `onRows` gets the number of contacts sent.
 */
export async function exportContacts(
  scope: CustomerScope,
  format: ExportFormat,
  onRows: (rows: number) => void,
): Promise<ReadableStream<Uint8Array>> {
  const first = await contactsAfter(scope, scope.uid, 0)
  const after = ({ id }: ExportedRow) => nextPage(scope, id)
  const { head, write } = WRITERS[format]
  const writePage = (page: ExportedRow[]) => write(page.map(presentContact))
  return pagedStream({ head: head(), first, isFull, after }, writePage, onRows)
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
async function nextPage(scope: CustomerScope, lastId: number): Promise<ExportedRow[]> {
  try {
    return await contactsAfter(scope.renewed(), scope.uid, lastId)
  } catch (cause) {
    if (cause instanceof AppError && cause.status < 500) throw cause
    logFailure({ task: 'contacts export', customer_uid: scope.uid }, cause)
    throw new Error('the export was cut short')
  }
}

interface ExportedRow extends ContactRow {
  fieldBytes: number
}

const isFull = (page: ExportedRow[]) =>
  page.length === ROWS_PER_PAGE ||
  page.reduce((sum, { fieldBytes }) => sum + fieldBytes, 0) >= FIELD_BYTES_PER_PAGE

/** Returns the contacts after `lastId`, up to the row or the byte that fills a page. */
async function contactsAfter(reader: Reader, customerUid: string, lastId: number): Promise<ExportedRow[]> {
  const { db } = reader
  const fieldBytes = sql<number>`octet_length(${contacts.fields})`
  const after = and(eq(contacts.customerUid, customerUid), gt(contacts.id, lastId))
  const bytesBefore = sql<number>`total(${fieldBytes}) OVER
    (ORDER BY ${contacts.id} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const sizes = db
    .select({ id: contacts.id, bytesBefore: bytesBefore.as('bytes_before') })
    .from(contacts)
    .where(after)
    .orderBy(contacts.id)
    .limit(ROWS_PER_PAGE)
    .as('sizes')
  const end = db
    .select({ id: max(sizes.id) })
    .from(sizes)
    .where(lt(sizes.bytesBefore, FIELD_BYTES_PER_PAGE))
  const { page } = await reader.read({
    page: db
      .select({ ...contactColumns, fieldBytes: fieldBytes.as('field_bytes') })
      .from(contacts)
      .where(and(after, lte(contacts.id, end)))
      .orderBy(contacts.id),
  })
  return page
}
