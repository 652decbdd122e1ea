// Masks whole answers: every text in them goes through one of a few rules by its name, and a name
// nobody thought of goes through the strictest that leaves text readable.
import type { CallDetail, MessageReport } from '#contract'
import type { TracedMessage } from '#sip'
import type { Trace } from '../call-store.ts'
import type { DigitCipher } from './digit-cipher.ts'
import { endOf, hideUser } from './hide-digits.ts'
import { hideFree, type Mask, maskMessage } from './mask-message.ts'
import type { Masking } from './masking.ts'

const USERS = new Set(['from', 'to', 'user', 'fromUser', 'toUser', 'ruriUser'])
const IDENTIFIERS = new Set(['callId', 'correlationId', 'fromTag', 'toTag', 'branch', 'missing'])
const AGENTS = new Set(['userAgent'])
// Times look like numbers and are none.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** What to mask by; the numbers and Call-IDs of `call` are known wherever they turn up. */
export function maskOf(policy: Masking, cipher: DigitCipher, call?: CallDetail): Mask {
  const users = call
    ? [call.summary, ...call.legs].flatMap(({ from, to }) => [from, to]).map(endOf)
    : []
  const callIds = call ? call.legs.map(({ callId }) => callId) : []
  return {
    ...{ policy, cipher, callIds },
    known: new Set(users.filter((end) => end !== undefined)),
  }
}

/** The same value with every text in it masked. */
export const maskAnswer = <Value>(value: Value, mask: Mask): Value =>
  maskField('', value, mask) as Value

function maskField(name: string, value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return maskText(name, value, mask)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => maskField(name, one, mask))
  if ('raw' in value && 'protocol' in value)
    return {
      ...maskObject(isReportHidden(value, mask) ? withoutReport(value) : value, mask),
      raw: maskMessage(String(value.raw), Number(value.protocol), mask),
    }
  // A talker is a user, an address or a user agent.
  if ('kind' in value && 'name' in value && USERS.has(String(value.kind)))
    return { ...value, name: maskField('user', value.name, mask) }
  return maskObject(value, mask)
}

/** What was read from a body or a header that nobody may see, nobody may see either. */
function isReportHidden(message: { raw: unknown; report?: unknown }, { policy }: Mask): boolean {
  const { kind, title = '' } = (message.report ?? {}) as Partial<MessageReport>
  if (kind === 'vq') return policy.bodies !== 'show'
  const headers = title.toLowerCase().split(', ')
  return kind === 'phone' && headers.some((header) => policy.headers.includes(header))
}

const withoutReport = ({ report, ...message }: { raw: unknown; report?: unknown }): object =>
  message

const maskObject = (value: object, mask: Mask): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      // Keys are words of ours, or codes, but for maps by number.
      /\d{6}/.test(name) ? maskText('', name, mask) : name,
      name === 'raw' ? '' : maskField(name, field, mask),
    ]),
  )

function maskText(name: string, text: string, mask: Mask): string {
  const { numbers, headers, bodies } = mask.policy
  const shown = AGENTS.has(name) && (headers.includes('user-agent') || headers.includes('server'))
  if (shown) return 'x'.repeat(text.length)
  if (name === 'sdp' && bodies === 'blank') return ''
  if (TIME.test(text)) return text
  if (USERS.has(name) && headers.includes(name.startsWith('f') ? 'from' : 'to'))
    return 'x'.repeat(text.length)
  if (!numbers) return text
  if (IDENTIFIERS.has(name)) return mask.cipher.hide(text)
  if (USERS.has(name)) return hideUser(text, numbers)
  return hideFree(text, mask)
}

/** Messages with their bytes: as many bytes as before, and the fields that were read from them. */
export function maskTrace(trace: Trace, policy: Masking, cipher: DigitCipher): TracedMessage[] {
  const known = new Set(
    trace
      .flatMap(({ sip }) => (sip ? [sip.fromUser, sip.toUser] : []))
      .map(endOf)
      .filter((end) => end !== undefined),
  )
  const callIds = [...new Set(trace.flatMap(({ sip }) => (sip ? [sip.callId] : [])))]
  const mask: Mask = { policy, cipher, known, callIds }
  return trace.map(({ extras: _chunks, ...message }) => ({
    ...message,
    correlationId: maskText('correlationId', message.correlationId, mask),
    captureNode: message.captureNode,
    payload: Buffer.from(
      maskMessage(message.payload.toString('latin1'), message.protocolType, mask),
      'latin1',
    ),
    sip: message.sip && (maskObject(message.sip, mask) as unknown as typeof message.sip),
  }))
}
