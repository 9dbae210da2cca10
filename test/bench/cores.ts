import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const CORES = availableParallelism()

/** Whether there is a program of this name to be run. */
export const isInstalled = (program: string) =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined

/** Whether a process can be kept on one core: on Linux, with two. */
export const canPin = CORES > 1 && isInstalled('taskset')

/**
 * A command line that keeps to the last core, so that what sends the load does not move the Workers about. They are not
 * kept to one themselves: D1's threads would take turns with theirs, which on the platform they do not.
 */
export const onLastCore = (command: string[]): string[] =>
  canPin ? ['taskset', '--cpu-list', `${CORES - 1}`, ...command] : command
