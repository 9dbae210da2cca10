import * as z from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'
import { adminEnvelope, customerEnvelope, type Envelope } from './envelopes.ts'

export type Json = Record<string, unknown>

const EXAMPLE_REQUEST_ID = 'req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11'

const errorFields = {
  code: z.string(),
  errors: z.record(z.string(), z.array(z.string())).optional(),
  request_id: z.string(),
}

/** How each surface words a refusal, and what such a body is called in the document. */
const ERRORS: Record<'AdminError' | 'Error', { envelope: Envelope; schema: z.ZodType }> = {
  AdminError: { envelope: adminEnvelope, schema: z.looseObject({ message: z.string(), ...errorFields }) },
  Error: {
    envelope: customerEnvelope,
    schema: z.looseObject({ status: z.literal('error'), error: z.string(), ...errorFields }),
  },
}

/** What operations share by reference: it fills as they are described. */
export class Components {
  readonly schemas: Record<string, Json> = {}
  readonly examples: Record<string, Json> = {}

  /** A schema as JSON Schema; those that have an id, itself or within, become components. */
  schema(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
    for (const [name, definition] of Object.entries($defs)) {
      const { id: _id, ...rest } = relocated(definition)
      this.schemas[name] = rest
    }
    const { id, ...rest } = relocated(json)
    if (typeof id !== 'string') return rest
    this.schemas[id] = rest
    return { $ref: schemaPath(id) }
  }

  /** A body of one schema under several media types, with an example. */
  content(mediaTypes: readonly string[], schema: z.ZodType, io: 'input' | 'output'): Json {
    const json = this.schema(schema, io)
    const media = { schema: json, example: this.#exampleOf(json) }
    return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, media]))
  }

  /** The body of a refusal on a surface, with an example for each code. */
  errorContent(name: keyof typeof ERRORS, codes: ErrorCode[]): Json {
    const { schema, envelope } = ERRORS[name]
    this.schemas[name] ??= this.schema(schema, 'output')
    for (const code of codes) {
      this.examples[`${name}-${code}`] = { value: envelope(new AppError(code), EXAMPLE_REQUEST_ID) }
    }
    const examples = codes.map((code) => [code, { $ref: `#/components/examples/${name}-${code}` }])
    return {
      'application/json': { schema: { $ref: schemaPath(name) }, examples: Object.fromEntries(examples) },
    }
  }

  /** What a schema describes, put together from the examples of its parts. */
  #exampleOf(schema: Json): unknown {
    if (Array.isArray(schema.examples)) return schema.examples[0]
    if (typeof schema.$ref === 'string')
      return this.#exampleOf(this.schemas[schema.$ref.split('/')[3] ?? ''] ?? {})
    if ('const' in schema) return schema.const
    if (Array.isArray(schema.enum)) return schema.enum[0]
    const choices = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Json[] | undefined
    if (choices?.[0]) return this.#exampleOf(choices[0])
    if (schema.type === 'array') return [this.#exampleOf(schema.items as Json)]
    if (schema.type === 'object') {
      const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>)
      return Object.fromEntries(properties.map(([name, property]) => [name, this.#exampleOf(property)]))
    }
    return PLAIN_EXAMPLES[schema.type as string] ?? null
  }
}

const PLAIN_EXAMPLES: Json = { string: 'text', integer: 1, number: 1, boolean: true }

const schemaPath = (name: string) => `#/components/schemas/${name}`

/** A schema whose references point at the document's components. */
const relocated = (schema: unknown): Json =>
  JSON.parse(JSON.stringify(schema), (key, member: unknown) =>
    key === '$ref' && typeof member === 'string' ? schemaPath(member.replace('#/$defs/', '')) : member,
  )
