export { ClientsScreen } from './clients.tsx'
export { HealthScreen } from './health.tsx'
export { KeysScreen } from './keys.tsx'
export { StaffScreen } from './staff.tsx'
