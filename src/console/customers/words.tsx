import type { Customer } from '../api/types.ts'
import { Badge } from '../parts/table.tsx'

/** Returns what a customer is called: the company, else the person. */
export const nameOf = ({ company, first_name, last_name }: Customer): string =>
  company?.name || `${first_name} ${last_name}`

const STATUSES = {
  active: ['good', 'Active'],
  inactive: ['warn', 'Suspended'],
  pending_delete: ['bad', 'To be deleted'],
} as const

/** The policy of a customer for access by staff, as people say it. */
export const POLICY_NAMES: Record<Customer['support_access'], string> = {
  open: 'Open',
  notify: 'Told by mail',
  ask: 'Asked first',
  closed: 'Closed',
}

/** The state of a customer. */
export function StatusBadge({ status }: { status: Customer['status'] }) {
  const [tone, text] = STATUSES[status]
  return <Badge tone={tone}>{text}</Badge>
}
