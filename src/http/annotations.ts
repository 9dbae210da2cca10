import type { MiddlewareHandler } from 'hono'
import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Answer, OtherMedia } from './answers.ts'
import type { TargetType } from './context.ts'

/** The callers of a route. With a scope, admin API keys are among them. */
export type Access =
  | { kind: 'public' | 'client' }
  | {
      kind: 'customer'
      target?: TargetType | undefined
      ownKeyOnly?: boolean | undefined
      recordsOwn?: boolean | undefined
    }
  | { kind: 'admin'; permission: string; scope: string | undefined }

/** A part of the service, and what its routes have in common. */
export interface Part {
  name: string
  description: string
  /** Descriptions of its path parameters, by name. */
  parameters?: PathParameters
}

export type PathParameters = Record<string, { description: string; examples?: string[] }>

/** The OpenAPI description of a route; its other middleware adds the rest. */
export interface Words {
  /** The name of the method in generated clients: part of the API, so it never changes. */
  id: string
  summary: string
  description?: string
  /** The answers of a successful request. */
  answers: readonly Answer[]
  /** The refusals of the handler itself: each middleware before it says its own. */
  errors?: readonly ErrorCode[]
  /** Replaces path parameters of the part. */
  parameters?: PathParameters
}

/** A credential, by its name among the security schemes of the OpenAPI document. */
export type Credential = 'client' | 'session' | 'page' | 'cookie' | 'adminKey' | 'customer' | 'customerKey'

/** What a middleware adds to the OpenAPI operation of each endpoint that it stands before. */
export interface OperationParts {
  /** The refusals that it throws. */
  errors?: readonly ErrorCode[]
  /** The ways to identify oneself, each with the credentials that go together. */
  security?: readonly (readonly Credential[])[]
  /** Headers that it reads. Credentials are in `security`. */
  requestHeaders?: Record<string, z.ZodType>
  /** Names of headers that it sets, which the OpenAPI document describes once for all. */
  answerHeaders?: readonly string[]
}

/** Metadata that a middleware attaches to its route. Schemas are made on demand. */
export interface Annotation {
  access?: Access
  part?: Part
  words?: () => Words
  body?: () => z.ZodType
  /** Other media types of the body. */
  otherBodies?: () => readonly OtherMedia[]
  /** The limit of the body in bytes, if it is not the default. */
  bodyLimit?: number
  query?: () => z.ZodType
  /** The answer is streamed. */
  streams?: true
  /** What it adds to the OpenAPI operation of an endpoint for this method. */
  operation?: (method: string) => OperationParts
  /** The route serves a file of a page and is left out of the OpenAPI document. */
  isPageFile?: boolean
}

const annotations = new WeakMap<object, Annotation>()

/** Attaches metadata to a middleware; tests and the OpenAPI document read it from the route table. */
export function annotated<Middleware extends MiddlewareHandler>(
  annotation: Annotation,
  middleware: Middleware,
): Middleware {
  annotations.set(middleware, annotation)
  return middleware
}

/** Returns the metadata of a handler in the route table. */
export const annotationOf = (handler: MiddlewareHandler | ((...args: never[]) => unknown)): Annotation =>
  annotations.get(findTargetHandler(handler as MiddlewareHandler)) ?? {}

/** Leaves a file of a page out of the OpenAPI document. */
export const isPageFile = (): MiddlewareHandler => annotated({ isPageFile: true }, (_, next) => next())

/** Returns a function that describes the routes of a part for the OpenAPI document. Does nothing at a request. */
export const describing =
  (part: Part) =>
  (words: () => Words): MiddlewareHandler =>
    annotated({ part, words }, (_, next) => next())

/** Declares that a route streams its answer, which is recorded as a change is and may break off. */
export const streams = (): MiddlewareHandler => annotated({ streams: true }, (_, next) => next())
