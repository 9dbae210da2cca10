import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    contactsOfLargeCustomer: number
  }
}
