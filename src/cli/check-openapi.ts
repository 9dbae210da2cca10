import { createConfig, formatProblems, getTotals, lintFromString } from '@redocly/openapi-core'
import { createApp } from '../app.ts'
import { openapiDocument } from '../http/openapi.ts'

// Fails if the OpenAPI document breaks a recommended rule of Redocly's linter.
const source = JSON.stringify(openapiDocument(createApp()), null, 2)
const config = await createConfig({
  extends: ['recommended'],
  // /admin/{id}/sessions beside /admin/clients/{id} is what clients know. An {id} of an admin is digits only, so no
  // path fits two of them.
  rules: { 'no-ambiguous-paths': 'off' },
})
const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
const totals = getTotals(problems)
formatProblems(problems, { format: 'codeframe', totals, version: '' })
if (totals.errors + totals.warnings > 0) process.exitCode = 1
