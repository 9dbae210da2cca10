import { signal } from '@preact/signals'

const DATE_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A moment in the zone of the person; in UTC on hover. */
export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return <>never</>
  return (
    <time dateTime={at} title={`${at.replace('T', ' ').replace('Z', '')} UTC`}>
      {DATE_AND_TIME.format(new Date(at))}
    </time>
  )
}

/** The present, by the second. */
export const now = signal(Date.now())
setInterval(() => {
  now.value = Date.now()
}, 1000)

/** Returns a duration in words. */
export function inWords(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 120) return counted(seconds, 'second')
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 && minutes !== 60
    ? counted(minutes, 'minute')
    : counted(Math.ceil(minutes / 60), 'hour')
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** Returns what is left of a duration as a clock shows it. */
export function asClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours, ...others] = parts.map((part) => `${part}`.padStart(2, '0'))
  return (parts[0] ? [hours, ...others] : others).join(':')
}
