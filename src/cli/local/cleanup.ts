type Undo = () => unknown

/** Has something done when the command ends, however it does. */
export type Defer = (undo: Undo) => void

const PARENT_CHECK_MS = 500

/**
 * Runs `work`, then what it deferred, newest first, also when it fails or the process is told to stop. Prints a
 * failure as one sentence and sets the exit status.
 */
export async function runCommand(work: (defer: Defer) => Promise<void>): Promise<void> {
  const deferred: Undo[] = []
  let stopping: Promise<void> | undefined
  const cleanUp = async () => {
    for (const undo of deferred.splice(0).reverse()) await undo()
  }
  const stop = (status: number) => {
    stopping ??= cleanUp().finally(() => process.exit(status))
  }
  process
    .on('SIGINT', () => stop(130))
    .on('SIGTERM', () => stop(143))
    .on('SIGHUP', () => stop(129))
  // npm hands a SIGTERM to the shell between it and this script, and that dies without handing it on.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(143), PARENT_CHECK_MS).unref()
  try {
    await work((undo) => deferred.push(undo))
  } catch (error) {
    if (!stopping) console.error(`\n${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  } finally {
    await (stopping ?? cleanUp())
  }
}
