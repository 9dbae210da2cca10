import { customType, integer, text } from 'drizzle-orm/sqlite-core'

/** A moment, stored as milliseconds since the Unix epoch. */
export const moment = (name: string) => integer(name)

/** Text that compares without regard to ASCII case, in look-ups, indexes and uniqueness alike. */
export const caseInsensitiveText = customType<{ data: string }>({ dataType: () => 'text COLLATE NOCASE' })

/** A JSON array of strings, kept as text. */
export const stringList = (name: string) => text(name, { mode: 'json' }).$type<string[]>()
