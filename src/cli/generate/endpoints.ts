import { endpointTables } from './endpoint-tables.ts'
import { writePagePart } from './page-part.ts'

// Writes the tables of endpoints into docs/api.md.
writePagePart('docs/api.md', 'endpoints', endpointTables())
