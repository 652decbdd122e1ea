// A payload, by its HEP protocol type, as a report; the readers of each kind stand beside this file.
import { readBorderReport } from './border-report.ts'
import { readDnsReport } from './dns-report.ts'
import { readIsupReport } from './isup-report.ts'
import { readLogReport } from './log-report.ts'
import { readPhoneReport } from './phone-report.ts'
import type { MediaReport } from './report.ts'
import { readRtcp } from './rtcp.ts'
import { readRtpReport } from './rtp-report.ts'
import { readVqReport } from './vq-report.ts'

/** More than this nobody reports in one packet. */
export const REPORT_BYTES_MAX = 65_535

/**
 * Reads the payload of a HEP packet: undefined when it is no report, or not of that type. `atUs`, when the
 * report arrived by the agent's clock, gives RTCP its round trip; `codec`, 'opus/48000', its milliseconds and
 * the E-model what losses do to it.
 */
export function readMediaReport(
  type: number,
  payload: Buffer,
  atUs = 0,
  codec = '',
): MediaReport | undefined {
  if (payload.length > REPORT_BYTES_MAX) return undefined
  switch (type) {
    case 1:
      return readSipReport(payload)
    case 5:
      return readRtcp(payload, atUs, codec)
    case 34:
    case 35:
    case 36:
    case 37:
      return readRtpReport(payload) ?? readVqReport(payload.toString('utf8'))
    case 38:
      return readBorderReport(payload)
    case 53:
      return readDnsReport(payload)
    case 54:
      return readIsupReport(payload)
    case 100:
      return readLogReport(payload)
    default:
      return type >= 200 && type <= 207 ? readRtcp(payload, atUs, codec) : undefined
  }
}

/** Types whose packets tell of media and mostly travel between its ends. */
export const isQualityType = (type: number): boolean =>
  type === 5 || (type >= 34 && type <= 38) || (type >= 200 && type <= 207)

/** A quality report in the body, or statistics in the head. */
function readSipReport(payload: Buffer): MediaReport | undefined {
  const vqAt = payload.indexOf('VQ')
  const lineAt = payload.lastIndexOf('\n', vqAt) + 1
  const vq = vqAt < 0 ? undefined : readVqReport(payload.toString('utf8', lineAt))
  return vq ?? readPhoneReport(payload)
}
