import type { MiddlewareHandler } from 'hono'
import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Answer, OtherMedia } from './answers.ts'

/** Who may call a route. A scope gives it to an admin API key too. */
export type Access =
  | { kind: 'public' | 'client' }
  | { kind: 'customer'; target?: string | undefined; ownKeyOnly?: boolean | undefined }
  | { kind: 'admin'; permission: string; scope: string | undefined }

/** A part of the service, and what its routes have in common. */
export interface Part {
  name: string
  description: string
  /** What stands in the paths of its routes, by the names of the parameters. */
  parameters?: PathParameters
}

export type PathParameters = Record<string, { description: string; examples?: string[] }>

/** What the OpenAPI document says of a route beside what its other middleware does. */
export interface Words {
  /** What generated clients call their method: a part of the API, so one that is there stays. */
  id: string
  summary: string
  description?: string
  /** What it answers when all went well. */
  answers: readonly Answer[]
  /** The refusals of the route itself; those of who calls and of what is sent are added from its other middleware. */
  errors?: readonly ErrorCode[]
  /** Where it is about something else than the other routes of its part. */
  parameters?: PathParameters
}

/** What a middleware says of the route it stands in. Schemas are made when they are asked for. */
export interface Annotation {
  access?: Access
  part?: Part
  words?: () => Words
  body?: () => z.ZodType
  /** What the body may be instead. */
  otherBodies?: () => readonly OtherMedia[]
  /** Bytes that the body may have, where that is not the usual limit. */
  bodyLimit?: number
  query?: () => z.ZodType
  /** The answer goes on after it has begun. */
  streams?: true
  /** Refusals of its own. */
  errors?: readonly ErrorCode[]
  /** Whether the route gives a file that a page is made of, of which the OpenAPI document says nothing. */
  isPageFile?: boolean
}

const annotations = new WeakMap<object, Annotation>()

/** Notes what a middleware says of its route; tests and the OpenAPI document read it from the route table. */
export function annotated<Middleware extends MiddlewareHandler>(
  annotation: Annotation,
  middleware: Middleware,
): Middleware {
  annotations.set(middleware, annotation)
  return middleware
}

/** What a handler in the route table says of its route. */
export const annotationOf = (handler: MiddlewareHandler | ((...args: never[]) => unknown)): Annotation =>
  annotations.get(findTargetHandler(handler as MiddlewareHandler)) ?? {}

/** Keeps a file that a page is made of out of the OpenAPI document. */
export const isPageFile = (): MiddlewareHandler => annotated({ isPageFile: true }, (_, next) => next())

/** Describes the routes of a part, one by one, for the OpenAPI document; at a request it does nothing. */
export const describing =
  (part: Part) =>
  (words: () => Words): MiddlewareHandler =>
    annotated({ part, words }, (_, next) => next())

/** Declares that the answer of a route is a stream, which is on record as a change is and may break off. */
export const streams = (): MiddlewareHandler => annotated({ streams: true }, (_, next) => next())
