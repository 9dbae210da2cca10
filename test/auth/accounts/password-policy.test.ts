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
    ['too short', 'fjord%lamp_qui', [SHORT]],
    ['too short in code points, not in units', '🐎🔋📎🧷🌊🌋🗻🏔🏕🎡🎢🎪🚂🚃', [SHORT]],
    ['too long', `${'fjord lamp quiz '.repeat(7)}and some more of it`.slice(0, 129), [LONG]],
    ['common', '1qaz2wsx3edc4rfv', [COMMON, RUNS]],
    ['common in another case', 'MomsAnAladventure', [COMMON]],
    ['common in full width', 'ｍｏｍｓａｎａｌａｄｖｅｎｔｕｒｅ', [COMMON]],
    ['common and a run', 'password12345678', [COMMON]],
    ['common, numbers and signs', '!!!2024-Dragon-1999', [COMMON]],
    ['one character', 'aaaaaaaaaaaaaaaa', [RUNS]],
    ['one emoji', '🐎'.repeat(15), [RUNS]],
    ['one piece twice', 'fjordlampfjordlamp', [RUNS]],
    ['one piece twice with something between', 'fjordlamp-fjordlamp', [RUNS]],
    ['one piece over and over, cut off', 'x9!x9!x9!x9!x9!x', [RUNS]],
    ['the alphabet', 'abcdefghijklmnop', [RUNS]],
    ['the alphabet backwards', 'zyxwvutsrqponmlk', [RUNS]],
    ['numbers in order', '1234567890123456', [RUNS]],
    ['a row of the keyboard and half another', 'qwertyuiopasdfgh', [RUNS]],
    ['rows and numbers', 'QWERTZUIOP123456', [RUNS]],
    ['runs with hardly anything beside', 'aaaaaaaaaaa!12345', [RUNS]],
    ['the email', 'bartholomew.jones@example.com', [EMAIL]],
    ['the local part of the email', 'bartholomew.jones', [EMAIL]],
    ['the local part and a run', 'BARTHOLOMEW.JONES123456', [EMAIL]],
    ['the name of the product and a run', 'Steward123456789', [PRODUCT]],
    ['the current one', 'the one that is in use', [CURRENT]],
    ['short, common and of runs', 'qwerty', [SHORT, COMMON, RUNS]],
    ['nothing', '', [SHORT, RUNS]],
  ])('%s', (_, password, faults) => {
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
