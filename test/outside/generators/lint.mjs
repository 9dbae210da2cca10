import { readFileSync } from 'node:fs'
import spectral from '@stoplight/spectral-core'
import parsers from '@stoplight/spectral-parsers'
import rulesets from '@stoplight/spectral-rulesets'

// Prints what Spectral's `oas` rules say of a document, one finding a line.
const linter = new spectral.Spectral()
linter.setRuleset({ extends: [rulesets.oas] })
const document = new spectral.Document(readFileSync('openapi.json', 'utf8'), parsers.Json, 'openapi.json')
for (const { code, path, message } of await linter.run(document))
  console.log(`${code} ${path.join('.')}: ${message}`)
