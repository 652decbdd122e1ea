// What RTCP's units mean, the same in JSON and in bytes.
import { within } from './report-json.ts'

/** RFC 3611 §4.7.5: 127 = not known; MOS in tenths. */
export const xrRating = (value: number | undefined) => within(value, 1, 100)
export const xrMos = (value: number | undefined) =>
  value === undefined ? undefined : within(value / 10, 1, 5)

const NTP_EPOCH_S = 2_208_988_800 // 1900 to 1970
const UNITS_A_SECOND = 65_536
const TRIP_MS_MAX = 10_000

/** RFC 3550 §6.4.1: arrival − LSR − DLSR, in the middle 32 bits of NTP time. */
export function roundTripMs(lsr: number, dlsr: number, atUs: number): number | undefined {
  if (lsr === 0 || atUs === 0) return undefined
  const arrival = Math.round((atUs / 1e6 + NTP_EPOCH_S) * UNITS_A_SECOND)
  const units = (arrival - lsr - dlsr) % 2 ** 32
  const ms = ((units < 0 ? units + 2 ** 32 : units) / UNITS_A_SECOND) * 1000
  return ms <= TRIP_MS_MAX ? ms : undefined
}
