// What a session border controller counted on both of its sides, as horaclifix tells it in HEP type 38: one
// flat JSON object, INC_… for the side the call came in by, OUT_… for the other, each with a Call-ID of its own.
// MOS and R come multiplied by a hundred.
import type { BorderReport, BorderSide } from './report.ts'
import { type Json, numberOf, readObject, textOf } from './report-json.ts'
import { mosIn, ratingIn } from './rtp-report.ts'
import { shareLost, streamQuality } from './stream-quality.ts'

/** Reads such a report; undefined when the payload is none. */
export function readBorderReport(payload: Buffer): BorderReport | undefined {
  const json = readObject(payload)
  if (json === undefined) return undefined
  if (!Object.keys(json).some((name) => /^(?:INC|OUT)_/.test(name))) return undefined
  const [inc, out] = [readSide(json, 'INC'), readSide(json, 'OUT')]
  return {
    kind: 'border',
    name: textOf(json.NAME),
    incRealm: textOf(json.INC_REALM),
    outRealm: textOf(json.OUT_REALM),
    ...{ inc, out },
    callId: textOf(json.INC_ID),
    otherCallId: textOf(json.OUT_ID),
    streams: [streamOf('inc', inc), streamOf('out', out)],
  }
}

function readSide(json: Json, side: 'INC' | 'OUT'): BorderSide {
  const of = (name: string) => numberOf(json[`${side}_${name}`])
  return {
    mos: mosIn(json, `${side}_MOS`),
    rating: ratingIn(json, `${side}_RVAL`),
    rtpPackets: of('RTP_PK'),
    rtpPacketsLost: of('RTP_PK_LOSS'),
    rtpJitterMs: of('RTP_AVG_JITTER'),
    rtpJitterMsMax: of('RTP_MAX_JITTER'),
    rtcpPackets: of('RTCP_PK'),
    rtcpPacketsLost: of('RTCP_PK_LOSS'),
    rtcpJitterMs: of('RTCP_AVG_JITTER'),
    rtcpJitterMsMax: of('RTCP_MAX_JITTER'),
    rtcpLatencyMs: of('RTCP_AVG_LAT'),
    rtcpLatencyMsMax: of('RTCP_MAX_LAT'),
  }
}

const streamOf = (side: 'inc' | 'out', said: BorderSide) =>
  streamQuality({
    side,
    packets: said.rtpPackets,
    packetsLost: said.rtpPacketsLost,
    lossShare: shareLost(said.rtpPacketsLost, { received: said.rtpPackets }),
    jitterMs: said.rtpJitterMs,
    jitterMsMax: said.rtpJitterMsMax,
    roundTripMs: said.rtcpLatencyMs,
    mos: said.mos,
    rating: said.rating,
  })
