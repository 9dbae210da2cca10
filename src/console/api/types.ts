import type { hc, InferResponseType } from 'hono/client'
import type { AppType } from '../../../dist/client.d.ts'

export type Api = ReturnType<typeof hc<AppType>>

type DataOf<Call> = InferResponseType<Call> extends { data: infer Data } ? Data : never
type ItemOf<Call> = DataOf<Call> extends (infer Item)[] ? Item : never

export type Admin = DataOf<Api['admin']['$get']>
export type Role = Admin['role']
export type Customer = DataOf<Api['admin']['customers'][':uid']['$get']>
export type Grant = DataOf<Api['admin']['access_grants'][':id']['$get']>
export type Entry = ItemOf<Api['admin']['audit']['$get']>
export type ApiKey = ItemOf<Api['admin']['api_keys']['$get']>
export type Client = ItemOf<Api['admin']['clients']['$get']>
export type Session = ItemOf<Api['admin']['sessions']['$get']>
export type DeadLetter = ItemOf<Api['admin']['audit']['dead_letters']['$get']>
export type ContactList = InferResponseType<Api['lists']['$get']>['lists'][number]
export type Contact = InferResponseType<Api['contacts']['$get']>['contacts'][number]
export type Member = InferResponseType<Api['lists'][':uid']['contacts']['$get']>['contacts'][number]
export type Imported = InferResponseType<Api['contacts']['bulk']['$post']>
