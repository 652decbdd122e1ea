// One TCP or TLS connection: bytes in, frames to the receiver, and the rules a peer lives by.
//
//   open ─▶ reading ⇄ paused (spool full)
//             │ leave(): we send our FIN and go on reading, so that a sender that notices it loses
//             │          nothing; after lingerMs we close behind the next whole frame
//             └▶ closed: an unfinished frame is counted as truncated
//
// A sender that never reads (many agents only write) notices the end of a connection by its next
// write failing: TCP had taken frames before that, and they are gone. Only an answer from the
// receiver can prevent this, so those who cannot lose a frame use the relay or POST /hep.
//
// Expelled are: more than refusalsPerMinuteMax bad frames a minute, a frame begun frameMs ago, and
// UNFRAMED_BYTES_MAX bytes without one frame. Memory for each is one unfinished frame (HepStream).
import type { Socket } from 'node:net'
import { HepStream, type MalformedHep } from '#hep'
import { type FrameReceiver, isRefusal } from './frame-receiver.ts'
import type { IntakeCounters } from './intake-counters.ts'
import { addressText } from './peer-address.ts'
import { warnOfPeer } from './peer-log.ts'
import type { Pausable, PushBack } from './push-back.ts'

const MINUTE_MS = 60_000
const UNFRAMED_BYTES_MAX = 1024 * 1024
/** Bytes that are no frame are reported when the peer has been quiet for so long. */
const QUIET_MS = 2_000

/** How long and how badly a connection may behave. */
export interface ConnectionRules {
  /** Malformed stretches and refused frames a minute before the connection is closed. */
  readonly refusalsPerMinuteMax: number
  /** From the first byte of a frame to its last. */
  readonly frameMs: number
  /** Without any byte; 0 = for ever. */
  readonly idleMs: number
  /** From our FIN until we stop reading. */
  readonly lingerMs: number
}

export interface StreamConnectionParts {
  readonly socket: Socket
  readonly ip: string
  readonly port: number
  readonly transport: 'tcp' | 'tls'
  readonly receiver: FrameReceiver
  readonly pushBack: PushBack
  readonly counters: IntakeCounters
  readonly rules: ConnectionRules
  /** When it is to be closed for its age; Infinity = never. */
  readonly expiresMs: number
}

/** Reads one socket until it or we end it. */
export class StreamConnection implements Pausable {
  readonly #parts: StreamConnectionParts
  readonly #stream: HepStream
  #held: Buffer[] = []
  #pendingBytes = 0
  #unframedBytes = 0
  #frames = 0
  #frameBeganMs = 0
  #lastByteMs: number
  #refusals = 0
  #refusalsAtMinute = 0
  #minuteBeganMs: number
  #leavingSinceMs: number | undefined
  #isPaused = false

  constructor(parts: StreamConnectionParts, nowMs: number) {
    this.#parts = parts
    this.#lastByteMs = nowMs
    this.#minuteBeganMs = nowMs
    this.#stream = new HepStream({
      onFrame: (frame) => this.#onFrame(frame),
      onFault: (fault, bytes) => this.#onFault(fault, bytes),
    })
    parts.pushBack.add(this)
  }

  /** When the frame that is not complete yet began; undefined when none is pending. */
  get frameBeganMs(): number | undefined {
    return this.#pendingBytes > 0 ? this.#frameBeganMs : undefined
  }

  get isLeaving(): boolean {
    return this.#leavingSinceMs !== undefined
  }

  take(chunk: Buffer, nowMs: number): void {
    const framesBefore = this.#frames
    const faultsBefore = this.#stream.faults
    this.#parts.counters.add('streamBytes', chunk.length)
    this.#lastByteMs = nowMs
    this.#stream.push(chunk)
    const moved = this.#frames !== framesBefore || this.#stream.faults !== faultsBefore
    if (moved || this.#pendingBytes === 0) this.#frameBeganMs = nowMs
    this.#unframedBytes = this.#frames === framesBefore ? this.#unframedBytes + chunk.length : 0
    this.#countPending()
    this.#judgeTraffic(nowMs)
    this.#closeIfLingered(nowMs)
  }

  /** Called about once a second. */
  judgeTime(nowMs: number): void {
    const { rules, expiresMs } = this.#parts
    const quietMs = nowMs - this.#lastByteMs
    if (this.#isPaused) return // it waits for us, not we for it
    if (this.#pendingBytes > 0 && nowMs - this.#frameBeganMs > rules.frameMs)
      this.expel(`a frame was not complete after ${rules.frameMs} ms`)
    if (this.#pendingBytes === 0 && this.#unframedBytes > 0 && quietMs >= QUIET_MS) this.#report()
    if (rules.idleMs > 0 && quietMs > rules.idleMs) this.leave(nowMs)
    if (nowMs > expiresMs && !this.isLeaving) this.#age(nowMs)
    this.#closeIfLingered(nowMs)
  }

  /** Ends our side and goes on reading for lingerMs. */
  leave(nowMs: number): void {
    if (this.isLeaving) return
    this.#leavingSinceMs = nowMs
    this.#parts.socket.end()
  }

  /** Closes at once and says why. */
  expel(reason: string): void {
    const { socket, ip, port, transport, counters } = this.#parts
    if (socket.destroyed) return
    counters.add('connectionsExpelled')
    warnOfPeer(addressText(ip, port), transport, `Closed a ${transport} connection: ${reason}`)
    socket.destroy()
    this.#countPending()
  }

  /** The socket has ended: counts what is unfinished. Held frames are still handed over. */
  closed(): void {
    this.#stream.end()
    this.#countPending()
    if (this.#held.length === 0) this.#parts.pushBack.delete(this)
  }

  pause(): void {
    this.#isPaused = true
    this.#parts.socket.pause()
  }

  resume(): void {
    const held = this.#held
    this.#held = []
    for (const frame of held) this.#onFrame(frame)
    if (this.#held.length > 0) return
    this.#isPaused = false
    this.#lastByteMs = performance.now()
    this.#frameBeganMs = this.#lastByteMs
    if (this.#parts.socket.destroyed) this.#parts.pushBack.delete(this)
    else this.#parts.socket.resume()
  }

  #onFrame(frame: Buffer): void {
    const { receiver, pushBack, ip, port } = this.#parts
    this.#frames++
    if (pushBack.isBlocked) this.#held.push(frame)
    else if (isRefusal(receiver.receiveChecked(frame, ip, port))) this.#refusals++
  }

  #onFault(fault: MalformedHep, bytes: Buffer): void {
    const { receiver, ip, port } = this.#parts
    receiver.refuse(bytes, fault, ip, port)
    this.#refusals++
  }

  #countPending(): void {
    const pendingBytes = this.#parts.socket.destroyed ? 0 : this.#stream.pendingBytes
    this.#parts.counters.add('partialBytes', pendingBytes - this.#pendingBytes)
    this.#pendingBytes = pendingBytes
  }

  #judgeTraffic(nowMs: number): void {
    if (nowMs - this.#minuteBeganMs >= MINUTE_MS) {
      this.#minuteBeganMs = nowMs
      this.#refusalsAtMinute = this.#refusals
    }
    const { refusalsPerMinuteMax } = this.#parts.rules
    if (this.#refusals - this.#refusalsAtMinute > refusalsPerMinuteMax)
      this.expel(`more than ${refusalsPerMinuteMax} bad or refused frames within a minute`)
    else if (this.#unframedBytes > UNFRAMED_BYTES_MAX)
      this.expel(`${this.#unframedBytes} bytes came without one HEP frame`)
  }

  #report(): void {
    this.#unframedBytes = 0
    this.#stream.end()
  }

  #age(nowMs: number): void {
    this.#parts.counters.add('connectionsAged')
    this.leave(nowMs)
  }

  // Behind a whole frame if one comes to an end in time, in the middle of one if not.
  #closeIfLingered(nowMs: number): void {
    if (this.#leavingSinceMs === undefined || this.#isPaused) return
    const { lingerMs } = this.#parts.rules
    const lingeredMs = nowMs - this.#leavingSinceMs
    if (lingeredMs < lingerMs) return
    if (this.#pendingBytes === 0 || lingeredMs > 2 * lingerMs) this.#parts.socket.destroy()
  }
}
