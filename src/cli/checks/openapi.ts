import { createConfig, formatProblems, getTotals, lintFromString } from '@redocly/openapi-core'
import { createApp } from '../../app.ts'
import { openapiDocument } from '../../openapi/document.ts'
import { undescribed } from './undescribed.ts'

// Fails if the OpenAPI document breaks a rule of Redocly's recommended-strict, and names what is not described.
const document = openapiDocument(createApp())
const config = await createConfig({
  extends: ['recommended-strict'],
  // /admin/{id}/sessions beside /admin/clients/{id} is what clients know. An {id} of an admin is digits only, so no
  // path fits two of them.
  rules: { 'no-ambiguous-paths': 'off' },
})
const source = JSON.stringify(document, null, 2)
const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
const totals = getTotals(problems)
formatProblems(problems, { format: 'codeframe', totals, version: '' })
const missing = undescribed(document)
for (const what of missing) console.error(`not described: ${what}`)
if (totals.errors + totals.warnings + missing.length > 0) process.exitCode = 1
