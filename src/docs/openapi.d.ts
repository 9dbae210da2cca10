/** The parts of an OpenAPI document that the page shows. */
export interface Document {
  info: { title: string; version: string; description: string }
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, Operation>>
  components: Components
}

export interface Components {
  schemas: Record<string, Schema>
  responses: Record<string, Answer>
  examples: Record<string, { value: unknown }>
  headers: Record<string, { description: string }>
  securitySchemes: Record<string, SecurityScheme>
}

export interface SecurityScheme {
  type: string
  name?: string
  description: string
}

export interface Operation {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters: Parameter[]
  requestBody?: Body | { $ref: string }
  responses: Record<string, Answer | { $ref: string }>
}

export interface Body {
  content?: Record<string, Media>
}

export interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  required: boolean
  description?: string
  schema?: Schema
}

export interface Media {
  schema?: Schema
  example?: unknown
}

export interface Answer {
  description?: string
  content?: Record<string, Media>
}

export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  const?: unknown
  enum?: unknown[]
  description?: string
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  pattern?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

/** An operation and where it is. */
export interface Endpoint {
  method: string
  path: string
  operation: Operation
}
