// What an agent that listens to RTP says of a stream, as JSON: every few seconds, when the call ends and in
// sum. rtpagent (HEP type 34), its short form and border controllers' (35), Homer 11's agent (34 to 37).
//
//   {"CORRELATION_ID":…,"RTP_SIP_CALL_ID":…,"DELTA":19.983,"JITTER":0.017,"TOTAL_PK":1511,"EXPECTED_PK":1512,
//    "PACKET_LOSS":1,"MOS":4.2,"RFACTOR":80.2,"SRC_IP":…,"SRC_PORT":…,"CODEC_NAME":"g722","TYPE":"PERIODIC"}
//
// Some multiply MOS and R by a hundred, to send whole numbers: told by their size.
import type { RtpReport } from './report.ts'
import { addressText, type Json, numberOf, readObject, textOf } from './report-json.ts'
import { msOfTicks, shareLost, streamQuality } from './stream-quality.ts'

const MARKS = ['MOS', 'MEAN_MOS', 'RFACTOR', 'JITTER', 'PACKET_LOSS', 'CUM_PACKET_LOSS', 'TOTAL_PK']

/** Reads such a report; undefined when the payload is none. */
export function readRtpReport(payload: Buffer): RtpReport | undefined {
  const json = readObject(payload)
  if (json === undefined || !MARKS.some((name) => name in json)) return undefined
  const of = (name: string) => numberOf(json[name])
  return {
    kind: 'rtp',
    phase: textOf(json.TYPE),
    delta: of('DELTA'),
    jitter: of('JITTER'),
    mos: mosIn(json, 'MOS'),
    packetsLost: of('PACKET_LOSS') ?? of('CUM_PACKET_LOSS'),
    src: addressText(textOf(json.SRC_IP), of('SRC_PORT')),
    dst: addressText(textOf(json.DST_IP), of('DST_PORT')),
    callId: textOf(json.RTP_SIP_CALL_ID) || textOf(json.CORRELATION_ID),
    streams: [streamOf(json)],
  }
}

function streamOf(json: Json) {
  const of = (name: string) => numberOf(json[name])
  const codec = codecOf(textOf(json.CODEC_NAME), of('CLOCK'))
  const lost = of('PACKET_LOSS') ?? of('CUM_PACKET_LOSS')
  const percent = of('MEAN_PERCENTAGE_LOSS') ?? of('PERCENTAGE_LOSS') ?? of('MEAN_PACKET_LOSS')
  const ticks = of('MEAN_INTERARRIVAL_JITTER') ?? of('INTERARRIVAL_JITTER')
  const jitterMs = of('MEAN_JITTER') ?? of('JITTER')
  return streamQuality({
    ssrc: of('SSRC'),
    packets: of('TOTAL_PK') ?? of('PACKET_COUNT'),
    packetsLost: lost,
    lossShare:
      shareLost(lost, { expected: of('EXPECTED_PK'), received: of('TOTAL_PK') }) ??
      (percent === undefined ? undefined : percent / 100),
    jitterMs: jitterMs ?? (ticks === undefined ? undefined : msOfTicks(ticks, codec)),
    jitterMsMax: of('MAX_JITTER'),
    roundTripMs: of('MEAN_SR_DELAY') ?? of('SR_DELAY'),
    mos: mosIn(json, 'MOS') ?? mosIn(json, 'MEAN_MOS'),
    rating: ratingIn(json, 'RFACTOR') ?? ratingIn(json, 'MEAN_RFACTOR'),
    codec,
  })
}

const codecOf = (name: string, clock: number | undefined): string =>
  name === '' || name.includes('/') || clock === undefined ? name : `${name}/${clock}`

/** 4.2 or 420. */
export function mosIn(json: Json, name: string): number | undefined {
  const mos = numberOf(json[name])
  return mos !== undefined && mos > 5 ? mos / 100 : mos
}

/** 80.2 or 8020. */
export function ratingIn(json: Json, name: string): number | undefined {
  const rating = numberOf(json[name])
  return rating !== undefined && rating > 120 ? rating / 100 : rating
}
