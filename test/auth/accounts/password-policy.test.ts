import { describe, expect, test } from 'vitest'
import { faultsOf } from '../../../src/auth/accounts/password-policy.ts'

const context = {
  email: 'Bartholomew.Jones@example.com',
  productName: 'Steward',
  currentPassword: 'the one that is in use',
}

const SHORT = 'is too short (minimum is 15 characters)'
const LONG = 'is too long (maximum is 128 characters)'
const COMMON = 'is too common'
const RUNS = 'is made of repeated or sequential characters'
const EMAIL = 'is too close to the email address'
const PRODUCT = 'is too close to the name of the product'
const CURRENT = 'is the current password'

describe('a password that may be chosen', () => {
  test.each([
    ['a sentence', 'correct horse battery staple'],
    ['letters only', 'correcthorsebattery'],
    ['fifteen characters', 'fjord%lamp_quiz'],
    ['fifteen code points of two units each', '🐎🔋📎🧷🌊🌋🗻🏔🏕🎡🎢🎪🚂🚃🚄'],
    ['128 code points', '🐎correct horse battery staple; '.repeat(4).slice(0, -5).padEnd(129, 'vx7!')],
    ['white space at its ends', '  fjord lamp quiz  '],
    ['numbers that follow no rule', '583920174658392'],
    ['a run beside much else', 'fjord lamp quiz 12345678'],
    ['a common password beside much else', 'dragon over fjord lamp'],
    ['the name of the product beside much else', 'steward of the fjord lamp'],
    ['other scripts', 'пароль для фонаря у моря'],
  ])('can be %s', (_, password) => {
    expect(faultsOf(password, context)).toEqual([])
  })
})

describe('a password is refused that is', () => {
  test.each([
    { name: 'too short', password: 'fjord%lamp_qui', faults: [SHORT] },
    {
      name: 'too short in code points, not in units',
      password: '🐎🔋📎🧷🌊🌋🗻🏔🏕🎡🎢🎪🚂🚃',
      faults: [SHORT],
    },
    {
      name: 'too long',
      password: `${'fjord lamp quiz '.repeat(7)}and some more of it`.slice(0, 129),
      faults: [LONG],
    },
    { name: 'common', password: '1qaz2wsx3edc4rfv', faults: [COMMON, RUNS] },
    { name: 'common in another case', password: 'MomsAnAladventure', faults: [COMMON] },
    { name: 'common in full width', password: 'ｍｏｍｓａｎａｌａｄｖｅｎｔｕｒｅ', faults: [COMMON] },
    { name: 'common and a run', password: 'password12345678', faults: [COMMON] },
    { name: 'common, numbers and signs', password: '!!!2024-Dragon-1999', faults: [COMMON] },
    { name: 'one character', password: 'aaaaaaaaaaaaaaaa', faults: [RUNS] },
    { name: 'one emoji', password: '🐎'.repeat(15), faults: [RUNS] },
    { name: 'one piece twice', password: 'fjordlampfjordlamp', faults: [RUNS] },
    { name: 'one piece twice with something between', password: 'fjordlamp-fjordlamp', faults: [RUNS] },
    { name: 'one piece over and over, cut off', password: 'x9!x9!x9!x9!x9!x', faults: [RUNS] },
    { name: 'the alphabet', password: 'abcdefghijklmnop', faults: [RUNS] },
    { name: 'the alphabet backwards', password: 'zyxwvutsrqponmlk', faults: [RUNS] },
    { name: 'numbers in order', password: '1234567890123456', faults: [RUNS] },
    { name: 'a row of the keyboard and half another', password: 'qwertyuiopasdfgh', faults: [RUNS] },
    { name: 'rows and numbers', password: 'QWERTZUIOP123456', faults: [RUNS] },
    { name: 'runs with hardly anything beside', password: 'aaaaaaaaaaa!12345', faults: [RUNS] },
    { name: 'the email', password: 'bartholomew.jones@example.com', faults: [EMAIL] },
    { name: 'the local part of the email', password: 'bartholomew.jones', faults: [EMAIL] },
    { name: 'the local part and a run', password: 'BARTHOLOMEW.JONES123456', faults: [EMAIL] },
    { name: 'the name of the product and a run', password: 'Steward123456789', faults: [PRODUCT] },
    { name: 'the current one', password: 'the one that is in use', faults: [CURRENT] },
    { name: 'short, common and of runs', password: 'qwerty', faults: [SHORT, COMMON, RUNS] },
    { name: 'nothing', password: '', faults: [SHORT, RUNS] },
  ])('$name', ({ password, faults }) => {
    expect(faultsOf(password, context)).toEqual(faults)
  })

  test('the current one in another form of the same characters', () => {
    const currentPassword = 'crème brûlée à la carte'.normalize('NFD')
    expect(faultsOf(currentPassword.normalize('NFC'), { ...context, currentPassword })).toEqual([CURRENT])
  })

  test('nothing but the email, however short its local part is', () => {
    expect(faultsOf('a@long-domain.example', { ...context, email: 'A@long-domain.example' })).toEqual([EMAIL])
    expect(faultsOf('fjord a lamp a quiz', { ...context, email: 'a@example.com' })).toEqual([])
  })
})
