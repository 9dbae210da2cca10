import type { Refusal } from '../api/refusal.ts'

/** Says what went wrong, what to do, and by which id those who run the service find it. */
export function Problem({ of }: { of: Refusal | null | undefined }) {
  if (!of) return null
  const fields = Object.entries(of.fields).flatMap(([name, texts]) =>
    texts.map((text) => `${name.replaceAll('_', ' ')} ${text}`),
  )
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{of.message}.</strong> {of.advice}
      </p>
      {fields.length > 0 && (
        <ul>
          {fields.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {of.requestId && (
        <p class="request-id">
          Request <code>{of.requestId}</code>
        </p>
      )}
    </div>
  )
}
