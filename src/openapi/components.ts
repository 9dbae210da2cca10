import * as z from 'zod'
import { AppError, type ErrorCode, FIELD_TEXT } from '../errors.ts'
import { adminEnvelope, customerEnvelope, type Envelope } from '../http/envelopes.ts'

export type Json = Record<string, unknown>

const EXAMPLE_REQUEST_ID = 'req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11'

const CODE_DESCRIPTION = 'What went wrong, for programs.'

const errorFields = {
  code: z.string().meta({ description: CODE_DESCRIPTION }),
  errors: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .meta({ description: 'What is wrong with each field that is invalid.' }),
  request_id: z.string().meta({ description: 'The id of the request, as in `X-Request-Id`.' }),
}

const message = z.string().meta({ description: 'What went wrong, for people.' })

/** The schema of refusals of each surface, and its name in the document. */
const ERRORS: Record<'AdminError' | 'Error', { envelope: Envelope; schema: z.ZodType }> = {
  AdminError: { envelope: adminEnvelope, schema: z.looseObject({ message, ...errorFields }) },
  Error: {
    envelope: customerEnvelope,
    schema: z.looseObject({ status: z.literal('error'), error: message, ...errorFields }),
  },
}

/** The shared components of the document, collected while operations are described. */
export class Components {
  readonly schemas: Record<string, Json> = {}
  readonly examples: Record<string, Json> = {}
  readonly responses: Record<string, Json> = {}

  /** Returns a schema as JSON Schema. Those with an id, nested ones included, become components. */
  schema(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs = {},
      ...json
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: keepExample,
    })
    for (const [name, definition] of Object.entries($defs)) {
      const { id: _id, ...rest } = relocated(definition)
      this.schemas[name] = rest
    }
    const { id, ...rest } = relocated(json)
    if (typeof id !== 'string') return rest
    this.schemas[id] = rest
    return { $ref: schemaPath(id) }
  }

  /** Returns the content of a media type, with an example. */
  content(mediaType: string, schema: z.ZodType, io: 'input' | 'output'): Json {
    const json = this.schema(schema, io)
    return { [mediaType]: { schema: json, example: this.#exampleOf(json) } }
  }

  /** Returns a reference to a response. Equal ones are shared; different ones of a name are numbered. */
  response(name: string, response: Json): Json {
    const text = JSON.stringify(response)
    for (let number = 1; ; number++) {
      const key = number === 1 ? name : `${name}-${number}`
      this.responses[key] ??= response
      if (JSON.stringify(this.responses[key]) === text) return { $ref: `#/components/responses/${key}` }
    }
  }

  /** Returns the content of a surface's refusals, with an example for each code. */
  errorContent(name: keyof typeof ERRORS, codes: ErrorCode[]): Json {
    const { schema, envelope } = ERRORS[name]
    this.schemas[name] ??= this.schema(schema, 'output')
    for (const code of codes) {
      const fields = code === 'invalid' ? { fields: { name: [FIELD_TEXT.blank] } } : {}
      this.examples[`${name}-${code}`] = { value: envelope(new AppError(code, fields), EXAMPLE_REQUEST_ID) }
    }
    const examples = codes.map((code) => [code, { $ref: `#/components/examples/${name}-${code}` }])
    const narrowed = {
      type: 'object',
      properties: { code: { type: 'string', enum: codes, description: CODE_DESCRIPTION } },
      required: codes.every((code) => code === 'invalid') ? ['code', 'errors'] : ['code'],
    }
    return {
      'application/json': {
        schema: { allOf: [{ $ref: schemaPath(name) }, narrowed] },
        examples: Object.fromEntries(examples),
      },
    }
  }

  /** Returns an example of a schema, put together from the examples of its parts. */
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

/** Returns a schema whose references point at the document's components, as a client in JSON sees it. */
const relocated = (schema: unknown): Json =>
  JSON.parse(JSON.stringify(schema), (key, member: unknown) => {
    if (key === '$ref' && typeof member === 'string') return schemaPath(member.replace('#/$defs/', ''))
    return isObject(member) && typeof member.type === 'string' ? asTyped(member) : member
  })

/** Corrects examples and defaults: zod takes those of a transforming schema for output, but here they are input. */
function keepExample({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: Json }): void {
  const meta: Json = z.globalRegistry.get(zodSchema) ?? {}
  for (const name of ['examples', 'default']) if (name in meta) jsonSchema[name] = meta[name]
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns a schema that states its type, without patterns that only concern text and forms. */
function asTyped({ anyOf, pattern, ...schema }: Json): Json {
  for (const bound of ['minimum', 'maximum'])
    if (Math.abs(Number(schema[bound])) === Number.MAX_SAFE_INTEGER) delete schema[bound]
  const isText = schema.type === 'string' && schema.format === undefined
  return { ...schema, ...(isText && pattern !== undefined && { pattern }) }
}
