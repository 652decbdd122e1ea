// A call as text, for reading in a terminal and pasting into a ticket: what is known of the call,
// then each message under a line that says when, who to whom, over what.
//
//   U 2026-11-20T08:00:00.000000Z +0.000 10.0.0.1:5060 -> 10.0.0.2:5060 INVITE
//   INVITE sip:bob@example.com SIP/2.0
//   …
//
// The letters are ngrep's (U, T), so that what reads its output mostly reads this. Control characters
// become visible signs: a payload must not be able to steer the terminal it is shown in.
import type { CallDetail, CallMessage, Endpoint, Leg } from '#contract'

/** The call and its messages, ending in a line break. */
export function exportText(call: CallDetail): string {
  const legNumbers = new Map(call.legs.map((leg, i) => [leg.callId, i + 1]))
  // Milliseconds will do for the offset; the time beside it has the microseconds.
  const startMs = Date.parse(call.messages[0]?.at ?? '')
  const messages = call.messages.map((message) => {
    const leg = call.legs.length > 1 ? ` leg ${legNumbers.get(message.callId) ?? '?'}` : ''
    return `${headLine(message, startMs)}${leg}${tapNote(message)}\n${visible(message.raw).trimEnd()}\n`
  })
  return [head(call), ...messages].join('\n')
}

function head(call: CallDetail): string {
  const { messageCount } = call.summary
  const omitted = call.messagesOmitted
  return [
    `Call-ID: ${call.callId}`,
    call.verdict,
    // A call of one leg is the rule, and its parties are in the verdict and the messages.
    ...(call.legs.length > 1 ? call.legs.map(legLine) : []),
    `${call.messages.length} messages${omitted > 0 ? `, ${omitted} more left out` : ''}` +
      (call.messages.length < messageCount && omitted === 0 ? ` (${messageCount} captured)` : ''),
  ]
    .map((line) => `# ${visible(line).replaceAll('\n', ' ')}\n`)
    .join('')
}

const legLine = ({ callId, from, to, reasons }: Leg, i: number): string =>
  `leg ${i + 1}: ${callId} ${from} -> ${to}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`

function headLine({ at, src, dst, transport, label }: CallMessage, startMs: number): string {
  const letter = { udp: 'U', tcp: 'T' }[transport.toLowerCase()] ?? transport.toUpperCase()
  const seconds = ((Date.parse(at) - startMs) / 1000).toFixed(3)
  const line = `${letter} ${at} +${seconds} ${showEndpoint(src)} -> ${showEndpoint(dst)} ${label}`
  return visible(line).replaceAll('\n', ' ')
}

// One sighting is the rule and needs no word.
const tapNote = ({ taps }: CallMessage): string =>
  taps.length > 1 ? ` seen by ${taps.map(({ captureId }) => captureId).join(', ')}` : ''

const showEndpoint = ({ ip, port }: Endpoint): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`

/** Line breaks become LF; other control characters their Unicode pictures (ESC is ␛). */
export const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => picture(char.charCodeAt(0)))

const picture = (code: number): string =>
  code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd'
