// Calls for the tests of this folder, as the API would send them.
import type { CallDetail, CallMessage, LadderArrow, MessageReport } from '#contract'

/** One message; hosts are letters, `a>b 200 OK #1 INVITE`. */
export interface TestMessage {
  readonly ms: number
  readonly way: string
  readonly label: string
  readonly cseq?: string
  readonly sdp?: readonly string[]
  readonly headers?: readonly string[]
  readonly callId?: string
  readonly protocol?: number
  readonly raw?: string
  readonly repeatOf?: number
  readonly tapsMs?: readonly number[]
  readonly report?: MessageReport
}

const START_MS = Date.parse('2026-11-21T08:00:00Z')
const timeOf = (ms: number) =>
  `${new Date(START_MS + Math.floor(ms)).toISOString().slice(0, -1)}${String(Math.round((ms % 1) * 1000)).padStart(3, '0')}Z`

export function callOf(
  messages: readonly TestMessage[],
  more: Partial<CallDetail> = {},
): CallDetail {
  const hosts = [...new Set(messages.flatMap(({ way }) => way.split('>')))]
  const callIds = [...new Set(messages.map(({ callId = 'one' }) => callId))]
  return {
    ...{ callId: callIds[0] ?? 'one', verdict: '', evidence: [], messagesOmitted: 0 },
    summary: {
      ...{ callId: 'one', startedAt: timeOf(0), endedAt: timeOf(0), from: 'a', to: 'b' },
      ...{
        method: 'INVITE',
        status: 200,
        outcome: 'completed',
        setupMs: 1,
        durationMs: 1,
        mos: null,
      },
      ...{ messageCount: messages.length, userAgent: '', srcIp: 'a', dstIp: 'b', protocol: 1 },
    },
    legs: callIds.map((callId) => ({
      ...{ callId, startedAt: timeOf(0), from: 'a', to: 'b', reasons: [], score: 1 },
    })),
    messages: messages.map(messageOf),
    ladder: {
      columns: hosts.map((label) => ({ label, ip: label })),
      arrows: messages.map((message, i) => arrowOf(message, i, hosts)),
    },
    ...more,
  }
}

function messageOf(test: TestMessage): CallMessage {
  const { ms, way, label, cseq = '1 INVITE', callId = 'one', protocol = 1, tapsMs = [0] } = test
  const [src = '', dst = ''] = way.split('>')
  return {
    ...{ at: timeOf(ms), src: { ip: src, port: 5060 }, dst: { ip: dst, port: 5060 } },
    ...{ transport: 'UDP', label, cseq: protocol === 1 ? cseq : '', callId, protocol },
    raw: test.raw ?? rawOf(test, cseq),
    ...(test.report ? { report: test.report } : {}),
    taps: tapsMs.map((late, i) => ({
      ...{ at: timeOf(ms + late), captureId: i + 1, capturedBy: '', receivedAt: timeOf(ms) },
      clockClamped: false,
    })),
  }
}

function rawOf({ label, sdp, headers = [] }: TestMessage, cseq: string): string {
  const first = /^\d/.test(label) ? `SIP/2.0 ${label}` : `${label} sip:b@b SIP/2.0`
  const body = sdp ? ['v=0', 'o=x 1 1 IN IP4 10.0.0.1', 's=-', 't=0 0', ...sdp] : []
  return [first, `CSeq: ${cseq}`, ...headers, '', ...body, ''].join('\r\n')
}

function arrowOf(test: TestMessage, i: number, hosts: readonly string[]): LadderArrow {
  const [from = '', to = ''] = test.way.split('>')
  return {
    ...{ message: i, from: hosts.indexOf(from), to: hosts.indexOf(to), label: test.label },
    ...{ atMs: test.ms, repeatOf: test.repeatOf ?? null, kind: 'request', sdp: null },
  }
}

/** A stream of a description. */
export const audio = (port: number, formats: string, ...more: string[]): string[] => [
  `m=audio ${port} RTP/AVP ${formats}`,
  'c=IN IP4 10.0.0.1',
  ...more,
]
