// Which call named a media address last: for reports that come without any id. Session descriptions are looked
// through only while such reports come: it sleeps until the first one, and again when none came for
// AWAKE_US. What it does not know, or has forgotten, is found when the call is opened (read/find-reports.ts).
//
//   note ──▶ newer ──(full: becomes)──▶ older ──▶ forgotten        two generations of ADDRESSES_MAX each
//
// Limits: 2 × ADDRESSES_MAX addresses, about 10 MB; what other nodes saw is not in it.
import { plainIp, type TracedMessage } from '#sip'

const ADDRESSES_MAX = 32_768
const AWAKE_US = 600_000_000
const [LF, CR, EQUALS, BLANK, SLASH] = [10, 13, 61, 32, 47]
const [A, C, M] = [97, 99, 109]
/** 'c=IN IP4 ' and 'c=IN IP6 '. */
const CONNECTION_AT = 9
const RTCP = Buffer.from('a=rtcp:')
const RTP = Buffer.from('RTP')

export class MediaMemory {
  #newer = new Map<string, string>()
  #older = new Map<string, string>()
  /** Descriptions received before are worth looking through: a field, as it is asked for each message. */
  awakeUntilUs = 0

  /** Remembers the addresses of the description in bytes[from, to). */
  note(callId: string, bytes: Buffer, from: number, to: number): void {
    let [session, ip, port] = ['', '', 0]
    for (let at = from; at < to; ) {
      const lf = bytes.indexOf(LF, at)
      const next = lf < 0 || lf >= to ? to : lf + 1
      const type = bytes[at + 1] === EQUALS ? bytes[at] : 0
      if (type === M) {
        // A stream that was refused has port 0; before the first one there is none.
        port = rtpPort(bytes, at, next) || REFUSED
        ip = session
        if (ip !== '') this.#put(ip, port, callId)
      } else if (type === C) {
        const end = endOfWord(bytes, at + CONNECTION_AT, next)
        const address = bytes.toString('latin1', at + CONNECTION_AT, end)
        if (port === 0) session = address
        else {
          ip = address
          this.#put(ip, port, callId)
        }
      } else if (type === A && port > 0 && bytes.subarray(at, at + 7).equals(RTCP)) {
        this.#put(ip, numberAt(bytes, at + 7, next), callId)
      }
      at = next
    }
  }

  /** The call that named one of the report's addresses last; '' when none is known. */
  callOf({ srcIp, srcPort, dstIp, dstPort, receivedUs }: TracedMessage): string {
    this.awakeUntilUs = receivedUs + AWAKE_US
    return this.#find(srcIp, srcPort) ?? this.#find(dstIp, dstPort) ?? ''
  }

  /** RTCP is on the port behind that of RTP, unless a=rtcp or rtcp-mux says otherwise. */
  #find(ip: string, port: number): string | undefined {
    return this.#get(`${ip} ${port}`) ?? this.#get(`${ip} ${port - 1}`)
  }

  #get(address: string): string | undefined {
    return this.#newer.get(address) ?? this.#older.get(address)
  }

  #put(ip: string, port: number, callId: string): void {
    if (port <= 0 || ip === '' || ip === '0.0.0.0') return
    this.#newer.set(`${plainIp(ip)} ${port}`, callId)
    if (this.#newer.size < ADDRESSES_MAX) return
    this.#older = this.#newer
    this.#newer = new Map()
  }
}

const REFUSED = -1

/** Of 'm=audio 4000/2 RTP/AVP 0'; 0 when it is refused, or no RTP. */
function rtpPort(bytes: Buffer, at: number, end: number): number {
  const line = bytes.subarray(at, end)
  return line.includes(RTP) ? numberAt(line, line.indexOf(BLANK) + 1, line.length) : 0
}

function numberAt(bytes: Buffer, from: number, end: number): number {
  let number = 0
  for (let at = from; at < end; at += 1) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9 || number > 65_535) break
    number = number * 10 + digit
  }
  return number > 65_535 ? 0 : number
}

function endOfWord(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at]! > BLANK && bytes[at] !== SLASH && bytes[at] !== CR) at += 1
  return at
}
