// Which call named a media address last: for reports that come without any id. Session descriptions are looked
// through only while such reports come: it sleeps until the first one, and again when none came for
// AWAKE_US. What it does not know, or has forgotten, is found when the call is opened (read/find-reports.ts).
//
//   note ──▶ newer ──(full: becomes)──▶ older ──▶ forgotten        two generations of ADDRESSES_MAX each
//
// Limits: 2 × ADDRESSES_MAX addresses, about 10 MB; what other nodes saw is not in it.
import { addressesOfPacket, mediaAddress, type TracedMessage } from '#sip'

const ADDRESSES_MAX = 32_768
const AWAKE_US = 600_000_000
/** c=, m= and a=rtcp lines, in the order they stand. */
const LINES = /^(?:c=IN IP[46] ([^\s/]+)|m=\w+ (\d+)\S* \S*RTP|a=rtcp:(\d+))/gm
const LINES_MAX = 64
const REFUSED = -1

export class MediaMemory {
  #newer = new Map<string, string>()
  #older = new Map<string, string>()
  #awakeUntilUs = 0
  #nowUs = 0

  /** Whether descriptions are worth looking through, at the time of this message. */
  isAwake(receivedUs: number): boolean {
    this.#nowUs = receivedUs
    return receivedUs < this.#awakeUntilUs
  }

  /** Remembers the addresses of the description in bytes[from, to). */
  note(callId: string, bytes: Buffer, from: number, to: number): void {
    const text = bytes.toString('latin1', from, to)
    let [session, ip, port] = ['', '', 0]
    let count = 0
    for (const [, connection, media, rtcp] of text.matchAll(LINES)) {
      count += 1
      if (count > LINES_MAX) break
      // A stream that was refused has port 0; before the first one there is none.
      if (media !== undefined) [port, ip] = [Number(media) || REFUSED, session]
      else if (rtcp !== undefined) this.#put(mediaAddress(ip, Number(rtcp)), callId)
      else if (port === 0) session = connection ?? ''
      else ip = connection ?? ''
      if (port > 0) {
        this.#put(mediaAddress(ip, port), callId)
        this.#put(mediaAddress(ip, port + 1), callId)
      }
    }
  }

  /** The call that named one of the report's addresses last; '' when none is known. */
  callOf(report: TracedMessage): string {
    this.#awakeUntilUs = Math.max(this.#nowUs, report.receivedUs) + AWAKE_US
    for (const address of addressesOfPacket(report)) {
      const callId = this.#newer.get(address) ?? this.#older.get(address)
      if (callId !== undefined) return callId
    }
    return ''
  }

  #put(address: string, callId: string): void {
    if (address === '') return
    this.#newer.set(address, callId)
    if (this.#newer.size < ADDRESSES_MAX) return
    this.#older = this.#newer
    this.#newer = new Map()
  }
}
