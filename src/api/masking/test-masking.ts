// The policies and the cipher that the tests of masking go by.
import { DigitCipher } from './digit-cipher.ts'
import type { Mask } from './mask-message.ts'
import type { Masking } from './masking.ts'

export const cipher = new DigitCipher(new Uint8Array(32).fill(7))
export const HIDE_ALL: Masking = {
  ...{ numbers: { keepFirst: 0, keepLast: 0 }, bodies: 'show', headers: [] },
}
export const KEEP: Masking = { ...HIDE_ALL, numbers: { keepFirst: 4, keepLast: 2 } }
export const maskBy = (policy: Masking): Mask => ({
  ...{ policy, cipher, known: new Set(), callIds: [] },
})
