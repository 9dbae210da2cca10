import { buildPages } from './local/pages.ts'

// Builds the files that the Worker serves to browsers.
await buildPages()
