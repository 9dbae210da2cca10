import type { Role } from '../api/types.ts'
import { ROLE_NAMES } from '../session/may.ts'

export const ROLE_OPTIONS = Object.entries(ROLE_NAMES) as [Role, string][]
