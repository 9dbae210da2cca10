/**
 * Makes a value when it is first asked for, and keeps it. Schemas are made so: an isolate starts without those that its
 * requests may never need, and starting is what every first request waits for.
 */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
