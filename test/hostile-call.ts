// Payloads that would like to be code.
import { parseSip, type TracedMessage } from '#sip'
import { fixtureMessages } from './fixture-messages.ts'

/** A call in which every text that can be anything is `evil`. */
export function hostileCall(evil: string): TracedMessage[] {
  const [sample] = fixtureMessages()
  return [`INVITE sip:bob@example.com SIP/2.0`, `SIP/2.0 200 ${evil}`].map((first, i) => {
    const payload = Buffer.from(
      `${first}\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: "${evil}" <sip:a@example.com>;tag=1\r\n` +
        `To: <sip:${evil}@example.com>\r\nCall-ID: ${evil}\r\nCSeq: 1 INVITE\r\nUser-Agent: ${evil}\r\n\r\n${evil}`,
    )
    const sip = parseSip(payload)
    if (sip.kind === 'malformed') throw new Error('the hostile call is not SIP any more')
    return {
      ...sample!,
      atUs: sample!.atUs + i,
      captureNode: evil,
      payload,
      sip: { ...sip, callId: evil },
    }
  })
}
