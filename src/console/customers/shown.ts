import { queries } from '../api/queries.ts'
import type { Customer } from '../api/types.ts'

/** Shows a customer as an answer has it. */
export function shown(customer: Customer): void {
  queries.setQueryData(['customer', customer.customer_uid], customer)
  void queries.invalidateQueries({ queryKey: ['customers'] })
}
