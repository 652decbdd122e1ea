// A scene under construction: messages in the order they were sent, with the time that passed
// between them. Times are microseconds since the scene began.
import { PROTOCOL } from '#hep'
import type { Host } from './cast.ts'
import type { Message } from './dialog.ts'
import type { Random } from './random.ts'

/** One packet of a scene, before somebody captures it. */
export interface Step {
  readonly atUs: number
  readonly src: Host
  readonly dst: Host
  readonly text: string
  readonly protocolType: number
  /** The Call-ID it belongs to; what is not SIP carries it as correlation id. */
  readonly callId: string
}

export class Script {
  readonly random: Random
  readonly #steps: Step[] = []
  #nowUs = 0

  constructor(random: Random) {
    this.random = random
  }

  get steps(): readonly Step[] {
    return this.#steps
  }

  /** Lets some time pass. */
  wait(minMs: number, maxMs: number): this {
    this.#nowUs += this.random.integer(minMs * 1_000, maxMs * 1_000)
    return this
  }

  /** The message goes over the wire now. */
  send(message: Message): Message {
    const { from: src, to: dst, text, callId } = message
    this.#steps.push({ atUs: this.#nowUs, src, dst, text, callId, protocolType: PROTOCOL.sip })
    return message
  }

  /** A report or a log line about the call goes out now. */
  note(note: Omit<Step, 'atUs'>): void {
    this.#steps.push({ atUs: this.#nowUs, ...note })
  }
}
