/**
 * Makes a value when it is first asked for, and keeps it. Schemas are made so: an isolate starts without those that its
 * requests may never need, and its first request waits for it to start.
 */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
