import type { Settings } from '../settings.ts'

/** Returns the link to a page of the console (src/console/shell.tsx), by its path there. */
export const consoleLink = ({ publicUrl }: Settings, label: string, path = '') => ({
  label,
  url: `${publicUrl}/console/${path}`,
})
