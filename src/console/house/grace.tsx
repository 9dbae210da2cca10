import { Select } from '../parts/choices.tsx'

const GRACE = [
  ['0', 'Now'],
  ['3600', 'In an hour'],
  ['86400', 'In a day'],
  ['604800', 'In a week'],
] as const

/** When a secret ends that another takes the place of. */
export const Grace = ({ of }: { of: string }) => (
  <>
    <Select label={`The ${of} of now ends`} name="grace_seconds" options={GRACE} value="0" />
    <p class="hint">Now: callers that still have it are refused at once.</p>
  </>
)
