// What horaclifix tells of a session border controller: two sides of a call, each with its RTP and its RTCP.
import type { MediaReport } from '#sip'
import type { MetricKey } from './definitions.ts'
import type { Cell, Family } from './family.ts'
import type { Tables } from './tables.ts'

type BorderReport = Extract<MediaReport, { kind: 'border' }>
type BorderSide = BorderReport['inc']
type BorderKey = Extract<MetricKey, `border${string}`>

const METRICS: Readonly<Record<BorderKey, keyof BorderSide>> = {
  borderRtpMos: 'mos',
  borderRtpRval: 'rating',
  borderRtpPackets: 'rtpPackets',
  borderRtpLost: 'rtpPacketsLost',
  borderRtpAvgJitter: 'rtpJitterMs',
  borderRtpMaxJitter: 'rtpJitterMsMax',
  borderRtcpPackets: 'rtcpPackets',
  borderRtcpLost: 'rtcpPacketsLost',
  borderRtcpAvgJitter: 'rtcpJitterMs',
  borderRtcpMaxJitter: 'rtcpJitterMsMax',
  borderRtcpAvgLat: 'rtcpLatencyMs',
  borderRtcpMaxLat: 'rtcpLatencyMsMax',
}

export function tellBorder(tables: Tables, report: BorderReport): void {
  for (const direction of ['inc', 'out'] as const) {
    const labels = [report.name, direction, report.incRealm, report.outRealm]
    for (const [key, field] of Object.entries(METRICS)) {
      const value = report[direction][field]
      const family: Family<Cell> = tables[key as BorderKey]
      if (value !== undefined) family.at(...labels).value = value
    }
  }
}
