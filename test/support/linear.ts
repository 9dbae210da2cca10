/** How long one run has to take for its time to be told from noise. */
const MIN_MS = 6

/** How much more there is the second time. */
const FACTOR = 16

const ROUNDS = 2
const ATTEMPTS = 4

type Run = () => unknown

/** Milliseconds that so many runs take. A Worker's clock stands still but for I/O, so there is some before each look at it. */
async function timeOf(run: Run, times: number): Promise<number> {
  await scheduler.wait(1)
  const start = performance.now()
  for (let i = 0; i < times; i++) await run()
  await scheduler.wait(1)
  return performance.now() - start
}

/** The least of several times: what disturbs a measurement makes it longer. */
async function bestOf(run: Run, times: number): Promise<number> {
  const all: number[] = []
  for (let round = 0; round < ROUNDS; round++) all.push((await timeOf(run, times)) / times)
  return Math.min(...all)
}

/**
 * How many times as long the work on 16 times as much takes: 16 where it is linear, 256 where it is quadratic. What is
 * above `limit` is measured again: the machine may have been busy with something else.
 */
export async function growthOf<Input>(
  size: number,
  make: (size: number) => Input,
  work: (input: Input) => unknown,
  limit: number,
): Promise<number> {
  const [small, large] = [make(size), make(size * FACTOR)]
  let times = 1
  while ((await timeOf(() => work(small), times)) < MIN_MS) times *= 2
  let growth = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < ATTEMPTS && growth > limit; attempt++) {
    const before = await bestOf(() => work(small), times)
    const after = await bestOf(() => work(large), Math.ceil(times / FACTOR))
    growth = Math.min(growth, after / before)
  }
  return growth
}
