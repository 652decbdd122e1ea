// A payload, by its HEP protocol type, as a report; the readers of each kind stand beside this file.
import type { MediaReport } from './report.ts'

/** More than this nobody reports in one packet. */
export const REPORT_BYTES_MAX = 65_535

/**
 * Reads the payload of a HEP packet: undefined when it is no report, or not of that type. `atUs`, when the
 * report arrived by the agent's clock, gives RTCP its round trip.
 */
export function readMediaReport(
  type: number,
  payload: Buffer,
  atUs = 0,
): MediaReport | undefined {
  if (payload.length > REPORT_BYTES_MAX) return undefined
  void type
  void atUs
  return undefined
}
