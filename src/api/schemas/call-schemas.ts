// The shapes of calls: rows, whole calls, what they are compared with, and share links.
import * as v from 'valibot'
import type * as contract from '#contract'
import { OUTCOMES } from '#contract'

// Times are checked for their form only: what an agent's clock says may be any year.
export const at = v.pipe(v.string(), v.isoTimestamp())
export const count = v.pipe(v.number(), v.integer(), v.minValue(0))
// An address as captured: an agent may send one that is none, and it is shown all the same.
const ip = v.string()

const callRow: v.GenericSchema<contract.CallRow> = v.strictObject({
  callId: v.string(),
  startedAt: at,
  endedAt: at,
  from: v.string(),
  to: v.string(),
  method: v.string(),
  status: v.nullable(v.number()),
  outcome: v.picklist(OUTCOMES),
  setupMs: v.nullable(v.number()),
  durationMs: v.nullable(v.number()),
  mos: v.nullable(v.number()),
  messageCount: count,
  userAgent: v.string(),
  srcIp: ip,
  dstIp: ip,
  protocol: count,
  partial: v.exactOptional(v.literal(true)),
})

const callPage: v.GenericSchema<contract.CallPage> = v.strictObject({
  calls: v.array(callRow),
  nextCursor: v.nullable(v.string()),
})

const endpoint = v.strictObject({ ip, port: count })

const orNull = v.nullable(v.number())

const reportedStream: v.GenericSchema<contract.ReportedStream> = v.strictObject({
  side: v.picklist(['local', 'remote', 'inc', 'out', '']),
  ...{ ssrc: orNull, packets: orNull, packetsLost: orNull, lossShare: orNull },
  ...{ discardShare: orNull, jitterMs: orNull, jitterMsMax: orNull, roundTripMs: orNull },
  codec: v.string(),
  ...{ mos: orNull, rating: orNull },
  mosFrom: v.nullable(v.picklist(['said', 'computed'])),
})

const messageReport: v.GenericSchema<contract.MessageReport> = v.strictObject({
  kind: v.picklist(['rtcp', 'rtp', 'vq', 'border', 'phone', 'dns', 'isup', 'log']),
  title: v.string(),
  text: v.string(),
  streams: v.array(reportedStream),
  facts: v.array(v.strictObject({ name: v.string(), value: v.string() })),
})

const callMessage: v.GenericSchema<contract.CallMessage> = v.strictObject({
  at,
  src: endpoint,
  dst: endpoint,
  transport: v.string(),
  label: v.string(),
  cseq: v.string(),
  raw: v.string(),
  taps: v.array(
    v.strictObject({
      at,
      captureId: count,
      capturedBy: v.string(),
      receivedAt: at,
      clockClamped: v.boolean(),
    }),
  ),
  callId: v.string(),
  protocol: count,
  report: v.exactOptional(messageReport),
  linkedBy: v.exactOptional(v.string()),
})

const ladder = v.strictObject({
  columns: v.array(v.strictObject({ label: v.string(), ip })),
  arrows: v.array(
    v.strictObject({
      message: count,
      from: count,
      to: count,
      label: v.string(),
      atMs: v.number(),
      repeatOf: v.nullable(count),
      kind: v.picklist(['request', 'provisional', 'success', 'failure', 'other']),
      sdp: v.nullable(v.string()),
    }),
  ),
})

const leg = v.strictObject({
  callId: v.string(),
  startedAt: at,
  from: v.string(),
  to: v.string(),
  reasons: v.array(v.string()),
  score: v.number(),
  merged: v.exactOptional(v.literal(true)),
})

const evidence = v.strictObject({ at: count, text: v.string(), message: count })

// The messages are those of all legs, in the order they happened; the ladder's arrows point at them.
const callDetail: v.GenericSchema<contract.CallDetail> = v.strictObject({
  callId: v.string(),
  verdict: v.string(),
  evidence: v.array(evidence),
  summary: callRow,
  legs: v.array(leg),
  messages: v.array(callMessage),
  ladder,
  messagesOmitted: count,
  missing: v.exactOptional(v.array(v.string())),
})

const goodCall: v.GenericSchema<contract.GoodCall> = v.strictObject({
  call: v.nullable(callRow),
  shared: v.nullable(v.picklist(['parties', 'callee', 'hosts'])),
  since: at,
})

const similarCalls: v.GenericSchema<contract.SimilarCalls> = v.strictObject({
  from: at,
  to: at,
  total: count,
  capped: v.boolean(),
  before: count,
  after: count,
  sameHost: count,
  host: v.nullable(ip),
  calls: v.array(
    v.strictObject({
      call: callRow,
      verdict: v.string(),
      sameHost: v.boolean(),
      sameReason: v.boolean(),
    }),
  ),
})

const redaction = v.strictObject({ numbers: v.boolean(), bodies: v.boolean() })

const share: v.GenericSchema<contract.Share> = v.strictObject({
  id: v.string(),
  callId: v.string(),
  createdAt: at,
  createdBy: v.string(),
  expiresAt: at,
  revokedAt: v.nullable(at),
  redact: redaction,
  openedCount: count,
  lastOpenedAt: v.nullable(at),
})

const callIds = v.pipe(v.array(v.pipe(v.string(), v.maxLength(8192))), v.maxLength(64))

/** The body of POST /api/v1/shares. */
export const newShare = v.strictObject({
  callId: v.pipe(v.string(), v.minLength(1), v.maxLength(8192)),
  expiresAt: v.pipe(v.string(), v.isoTimestamp('a time as 2026-11-21T08:00:00Z')),
  redact: redaction,
  /** Legs that are left out. */
  without: v.exactOptional(callIds),
})

/** By their names in openapi.json. */
export const CALL_SCHEMAS = {
  CallPage: callPage,
  CallRow: callRow,
  CallDetail: callDetail,
  CallMessage: callMessage,
  GoodCall: goodCall,
  SimilarCalls: similarCalls,
  Share: share,
  Shares: v.strictObject({ shares: v.array(share) }),
  NewShare: newShare,
  MadeShare: v.strictObject({ share, token: v.string(), path: v.string() }),
  SharedCall: v.strictObject({ call: callDetail, expiresAt: at, redact: redaction }),
} as const
