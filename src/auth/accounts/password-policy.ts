import { once } from '../../base/once.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'

/** NIST SP 800-63B-4, section 3.1.1.2: at least 15 characters where a password is all there is, each code point one. */
const MIN_LENGTH = 15
const MAX_LENGTH = 128

/** The fewest characters that a password has to have beside what anybody could guess of it. */
const MIN_OWN_LENGTH = 4

/** The fewest that it has to have beside a name that is known, and the shortest name that is looked for inside. */
const MIN_BESIDE_NAME = 8
const MIN_NAME_LENGTH = 4

/** Characters in the order of the alphabet, of numbers and of keyboards, along the rows and down the columns. */
const SEQUENCES = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '1q2w3e4r5t6y7u8i9o0p',
]

const NEIGHBOURS = new Set(
  SEQUENCES.flatMap((sequence) =>
    [...sequence].flatMap((character, i) => {
      const next = sequence.charAt(i + 1)
      return next ? [character + next, next + character] : []
    }),
  ),
)

const MIN_RUN = 3

/** The context that a new password must not resemble. */
export interface PasswordContext {
  email: string
  productName: string
  /** If it is known to be that. */
  currentPassword: string | undefined
}

/**
 * Every reason for which a password may not be chosen, for `errors.password`; none if it may. No rule asks for kinds
 * of characters (NIST SP 800-63B-4, section 3.1.1.2; OWASP ASVS 5, section 6.2).
 */
export function faultsOf(password: string, context: PasswordContext): string[] {
  const length = [...password].length
  // Before anything is looked for in it: that takes as long as the square of the length.
  if (length > MAX_LENGTH) return [`is too long (maximum is ${MAX_LENGTH} characters)`]
  const folded = fold(password)
  const own = withoutRuns(folded)
  const [localPart = ''] = context.email.split('@')
  const faults: [boolean, string][] = [
    [length < MIN_LENGTH, `is too short (minimum is ${MIN_LENGTH} characters)`],
    [isCommon(folded) || isCommon(own), 'is too common'],
    [
      [...own].length < MIN_OWN_LENGTH || isRepetition([...folded]),
      'is made of repeated or sequential characters',
    ],
    [[context.email, localPart].some((name) => isCloseTo(folded, name)), 'is too close to the email address'],
    [isCloseTo(folded, context.productName), 'is too close to the name of the product'],
    [password.normalize('NFKC') === context.currentPassword?.normalize('NFKC'), 'is the current password'],
  ]
  return faults.filter(([applies]) => applies).map(([, text]) => text)
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase()

const commonPasswords = once(() => new Set(COMMON_PASSWORDS.trim().split('\n')))

/** Whether it is a common password, be it between numbers and signs. */
const isCommon = (text: string) =>
  commonPasswords().has(text) || commonPasswords().has(text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, ''))

/** Whether a name is most of a password. */
function isCloseTo(folded: string, name: string): boolean {
  const part = fold(name)
  if (folded === part) return true
  if ([...part].length < MIN_NAME_LENGTH || !folded.includes(part)) return false
  return [...withoutRuns(folded.replaceAll(part, ''))].length < MIN_BESIDE_NAME
}

/** Returns the text without runs of three or more characters that are the same or neighbours. */
function withoutRuns(text: string): string {
  let left = ''
  let run: string[] = []
  const endRun = () => {
    if (run.length < MIN_RUN) left += run.join('')
    run = []
  }
  for (const character of text) {
    const previous = run.at(-1)
    if (previous !== undefined && previous !== character && !NEIGHBOURS.has(previous + character)) endRun()
    run.push(character)
  }
  endRun()
  return left
}

/** Whether a text is one piece over and over, up to two characters between or cut off. */
function isRepetition(characters: string[]): boolean {
  const longest = Math.floor((characters.length + 2) / 2)
  for (let period = 1; period <= longest; period++) {
    if (characters.every((character, i) => i < period || character === characters[i - period])) return true
  }
  return false
}
