// One WebSocket: messages in, frames to the receiver. Bun deals with fragments, pings and the closing
// handshake. A message that comes while the spool is full is held and reading stops, as over TCP.
import type { ServerWebSocket } from 'bun'
import { splitMessage } from './frame-message.ts'
import { type FrameReceiver, isRefusal, type Received } from './frame-receiver.ts'
import type { IntakeCounters } from './intake-counters.ts'
import { addressText } from './peer-address.ts'
import { warnOfPeer } from './peer-log.ts'
import type { Pausable, PushBack } from './push-back.ts'
import type { ConnectionRules } from './stream-connection.ts'

const MINUTE_MS = 60_000
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008

export interface WebSocketParts {
  readonly ip: string
  readonly port: number
  readonly receiver: FrameReceiver
  readonly pushBack: PushBack
  readonly counters: IntakeCounters
  readonly rules: ConnectionRules
  readonly expiresMs: number
}

/** Reads one WebSocket until it or we close it. */
export class WebSocketConnection implements Pausable {
  readonly ip: string
  readonly #parts: WebSocketParts
  #socket: ServerWebSocket<WebSocketConnection> | undefined
  #held: Buffer[] = []
  #refusals = 0
  #minuteBeganMs = 0
  #lastMessageMs = performance.now()
  #isPaused = false

  constructor(parts: WebSocketParts) {
    this.ip = parts.ip
    this.#parts = parts
  }

  opened(socket: ServerWebSocket<WebSocketConnection>): void {
    this.#socket = socket
    this.#parts.pushBack.add(this)
  }

  take(message: Buffer): void {
    this.#parts.counters.add('streamBytes', message.length)
    this.#lastMessageMs = performance.now()
    if (this.#parts.pushBack.isBlocked) this.#held.push(message)
    else this.#receive(message)
  }

  /** Called about once a second. */
  judgeTime(nowMs: number): void {
    const { rules, expiresMs, counters } = this.#parts
    if (this.#isPaused) return
    const isIdle = rules.idleMs > 0 && nowMs - this.#lastMessageMs > rules.idleMs
    if (nowMs > expiresMs) counters.add('connectionsAged')
    if (isIdle || nowMs > expiresMs) this.leave()
  }

  leave(): void {
    this.#socket?.close(GOING_AWAY, 'going away: connect again')
  }

  closed(): void {
    this.#socket = undefined
    if (this.#held.length === 0) this.#parts.pushBack.delete(this)
  }

  pause(): void {
    this.#isPaused = true
    this.#socket?.pause()
  }

  resume(): void {
    const held = this.#held
    this.#held = []
    for (const message of held) this.#hold(message)
    if (this.#held.length > 0) return
    this.#isPaused = false
    this.#lastMessageMs = performance.now()
    if (this.#socket === undefined) this.#parts.pushBack.delete(this)
    else this.#socket.resume()
  }

  #hold(message: Buffer): void {
    if (this.#parts.pushBack.isBlocked) this.#held.push(message)
    else this.#receive(message)
  }

  // Frames of a message begun while there was room go in together; the spool keeps some in reserve.
  #receive(message: Buffer): void {
    const { receiver, ip, port } = this.#parts
    splitMessage(message, {
      onOne: (bytes) => this.#count(receiver.receive(bytes, ip, port)),
      onFrame: (frame) => this.#count(receiver.receiveChecked(frame, ip, port)),
      onFault: (fault, bytes) => this.#count(receiver.refuse(bytes, fault, ip, port)),
    })
  }

  #count(received: Received): void {
    if (!isRefusal(received)) return
    const nowMs = performance.now()
    if (nowMs - this.#minuteBeganMs >= MINUTE_MS) {
      this.#minuteBeganMs = nowMs
      this.#refusals = 0
    }
    if (++this.#refusals === this.#parts.rules.refusalsPerMinuteMax + 1) this.#expel()
  }

  #expel(): void {
    const { ip, port, rules, counters } = this.#parts
    const why = `more than ${rules.refusalsPerMinuteMax} bad or refused frames within a minute`
    counters.add('connectionsExpelled')
    warnOfPeer(addressText(ip, port), 'ws', `Closed a ws connection: ${why}`)
    this.#socket?.close(POLICY_VIOLATION, why)
  }
}
