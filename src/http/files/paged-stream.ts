import { utf8 } from '../../base/encoding.ts'

interface PageSource<Row> {
  /** Text before the first row. */
  head?: string
  /** Read before the answer begins, so that an error still becomes a status. */
  first: Row[]
  /** Returns whether a page is full, so that another may follow. */
  isFull: (page: Row[]) => boolean
  /** Reads the page after a row. An error breaks the stream off. */
  after: (last: Row) => Promise<Row[]>
}

/**
 * Returns the rows of a collection as bytes, page by page. A page is read when the reader asks for it and never
 * ahead: memory does not grow with the collection, a reader who goes away stops the work, and one who stalls gets
 * nothing that was read while it still might. `onRows` gets the number of rows sent.
 */
export function pagedStream<Row>(
  { head, first, isFull, after }: PageSource<Row>,
  write: (rows: Row[]) => string,
  onRows: (rows: number) => void,
): ReadableStream<Uint8Array> {
  async function* chunks() {
    if (head) yield utf8(head)
    let page = first
    while (page.length > 0) {
      onRows(page.length)
      yield utf8(write(page))
      const last = isFull(page) ? page.at(-1) : undefined
      page = last ? await after(last) : []
    }
  }
  const source = chunks()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
    },
    { highWaterMark: 0 },
  )
}
