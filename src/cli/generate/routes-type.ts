import type { HonoBase } from 'hono/hono-base'
import type { JSONPrimitive } from 'hono/utils/types'
import type { AppType } from '../../app.ts'

type RoutesOf<App> =
  App extends HonoBase<infer _Env, infer Routes, infer _Path, infer _Current> ? Routes : never

/** A type written out, without the names that its parts have in this repository. Any JSON stays what it is. */
type WrittenOut<Type> = [JSONPrimitive] extends [Type] ? Type : WrittenOutParts<Type>

type WrittenOutParts<Type> = Type extends string | number | boolean | null | undefined
  ? Type
  : Type extends readonly (infer Item)[]
    ? WrittenOut<Item>[]
    : string extends keyof Type
      ? Type
      : { [Key in keyof Type as WithoutPattern<Key & string>]: WrittenOut<Type[Key]> }

/** `:id` for `:id{[0-9]+}`. The compiler repeats how a member was declared, by names, unless its key is made anew. */
type WithoutPattern<Path extends string> = Path extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${After}`
  : `${Path}`

declare function writtenOut(): WrittenOut<RoutesOf<AppType>>

/**
 * The routes with what they take and give. Only the compiler reads this file: what it infers here, its declaration
 * file says in full, which it would not of a type that is given a name.
 */
export const routes = writtenOut()
