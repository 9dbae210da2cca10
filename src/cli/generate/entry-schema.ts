import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { entryObject, FIELDS_SINCE } from '../../audit/trail/fields.ts'

// Makes src/audit/entry.schema.json from the fields of an entry; with --check only tells whether it is up to date.
const TARGET = 'src/audit/entry.schema.json'

type Json = Record<string, unknown>

/** A property without what says nothing to a reader of entries, its types in one list. */
function property({ description, examples: _, anyOf, ...schema }: Json): Json {
  const [one, other] = (anyOf ?? []) as Json[]
  if (!one || other?.type !== 'null') return { description, ...(anyOf ? { enum: constants(anyOf) } : schema) }
  const { type, enum: values, examples: __, ...rest } = one
  return {
    description,
    ...(values ? { enum: [...(values as []), null] } : { type: [type, 'null'] }),
    ...rest,
  }
}

const constants = (choices: unknown) => (choices as Json[]).map((choice) => choice.const)

/** Bounds of what JavaScript counts exactly, and what zod says of every record, are no part of the format. */
const withoutNoise = (schema: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === 'propertyNames' || Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? undefined : value,
  )

const { properties = {}, required = [] } = withoutNoise(
  z.toJSONSchema(z.object(entryObject().shape), { io: 'output' }),
)
const members = Object.entries(properties).map(([name, schema]) => [name, property(schema as Json)])

/** The fields that came with a version are in entries of it and of those after it, and in no other. */
const sinceVersion = ([version, fields]: [string, readonly string[]]) => ({
  if: { properties: { v: { minimum: Number(version) } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, in an object that nobody awaits
  then: { required: fields },
  else: { properties: Object.fromEntries(fields.map((name) => [name, false])) },
})

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Audit entry',
  description: 'One line of an exported object, audit/YYYY/MM/DD/<first>-<last>.ndjson.',
  type: 'object',
  properties: Object.fromEntries(members),
  required,
  allOf: Object.entries(FIELDS_SINCE).map(sinceVersion),
  additionalProperties: false,
}

const json = execFileSync('biome', ['format', '--stdin-file-path', TARGET], {
  input: JSON.stringify(schema),
  encoding: 'utf8',
})
if (!process.argv.includes('--check')) writeFileSync(TARGET, json)
else if (readFileSync(TARGET, 'utf8') !== json) {
  console.error(`${TARGET} is out of date: run npm run generate:entry-schema`)
  process.exitCode = 1
}
