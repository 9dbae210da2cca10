import { afterEach, beforeEach, expect } from 'vitest'

interface Expectation {
  text: string
  hasToCome: boolean
  lines: string[]
}

/** Between tests nothing counts: work that nobody waits for finds its storage wiped. */
let isRunning = false

/** What the running test said it would cause, and what came beside that. */
let expectations: Expectation[] = []
let unexpected: string[] = []

/**
 * The real consumers work through what tests before this one sent, and the wiped storage fails them now and then. A test
 * of what they log hands them their messages itself, and says that it expects the line.
 */
const isOfRealQueue = (line: string) => line.startsWith('{"level":"error","queue":')

function note(line: string): void {
  const matching = expectations.filter(({ text }) => line.includes(text))
  for (const { lines } of matching) lines.push(line)
  if (isRunning && matching.length === 0 && !isOfRealQueue(line)) unexpected.push(line)
}

/**
 * Lets each test fail that logs a failure which it does not expect, or not one that it does. None is shown. The storage
 * is wiped by hooks before this.
 */
export function watchLog(): void {
  console.error = (...parts: unknown[]) => note(parts.join(' '))
  beforeEach(() => {
    expectations = []
    unexpected = []
    isRunning = true
  })
  afterEach(() => {
    isRunning = false
    expect(unexpected, 'failures in the log that this test does not expect').toEqual([])
    for (const { text, hasToCome, lines } of expectations)
      if (hasToCome) expect(lines, `failures in the log that name ${text}`).not.toEqual([])
  })
}

function expecting(text: string, hasToCome: boolean) {
  const expectation: Expectation = { text, hasToCome, lines: [] }
  expectations.push(expectation)
  return { lines: () => [...expectation.lines] }
}

/** Lets a test cause failures that name `text`: one has to be in the log when it ends. */
export const expectLogged = (text: string) => expecting(text, true)

/** Lets a test cause failures that name `text`, or none: what fails in it is made up, or left to chance. */
export const mayLog = (text: string) => expecting(text, false)
