// How long callers and phones waited (RFC 6076 §4.1, §4.3), by the agents' clocks, where the request was first
// seen: with several taps that is the hop next to the caller.
//
//   INVITE a→p   INVITE p→b   180 b→p   180 p→a          session request delay: the first to the last
//   REGISTER     401          REGISTER  200              registration request delay: challenge included
//
// An INVITE within a dialog, and a REGISTER that failed for good, begin nothing. A wait is forgotten after
// WAIT_US_MAX, which is longer than any timer of SIP lets a request wait, and the oldest one when there are
// too many.

const WAIT_US_MAX = 180e6
const WAITING_MAX = 50_000

interface Waiting {
  /** Who sent the request; '' once it was answered. */
  ip: string
  readonly atUs: number
}

export class RequestDelays {
  readonly #waiting = new Map<string, Waiting>()

  /** A request that begins something. */
  begin(callId: string, ip: string, atUs: number): void {
    const known = this.#waiting.get(callId)
    const isOver = known !== undefined && atUs - known.atUs > WAIT_US_MAX
    if (known !== undefined && !isOver && known.atUs <= atUs) return
    if (known?.ip === '' && !isOver) return
    this.#waiting.delete(callId) // the order is that of time
    this.#waiting.set(callId, { ip, atUs })
    if (this.#waiting.size > WAITING_MAX) this.#forgetOldest()
  }

  /** Microseconds since the request this answers; undefined when nobody waits for it there. */
  answer(callId: string, ip: string, atUs: number): number | undefined {
    const known = this.#waiting.get(callId)
    if (known === undefined || known.ip !== ip) return undefined
    const tookUs = atUs - known.atUs
    if (tookUs < 0 || tookUs > WAIT_US_MAX) return undefined
    known.ip = ''
    return tookUs
  }

  /** The next request of this Call-ID begins anew. */
  forget(callId: string): void {
    this.#waiting.delete(callId)
  }

  #forgetOldest(): void {
    for (const callId of this.#waiting.keys()) {
      this.#waiting.delete(callId)
      return
    }
  }
}
