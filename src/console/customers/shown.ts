import { customerNames } from '../acting/grants.ts'
import { queries } from '../api/queries.ts'
import type { Customer } from '../api/types.ts'
import { nameOf } from './words.tsx'

/** Shows a customer as an answer has it. */
export function shown(customer: Customer): void {
  customerNames.set(customer.customer_uid, nameOf(customer))
  queries.setQueryData(['customer', customer.customer_uid], customer)
  void queries.invalidateQueries({ queryKey: ['customers'] })
}
