// What intake tells about itself beside the ledger: connections, bytes, buffers. In shared memory,
// like the ledger and for the same reason: main reads while a flooded thread has no time to answer.
// One thread writes each block.

export const COUNTERS = [
  'udpDatagrams',
  'udpBytes',
  'streamBytes', // TCP, TLS (deciphered) and WebSocket
  'connectionsOpen',
  'connectionsAccepted',
  'connectionsRefused', // over a limit, or not on the allow-list
  'connectionsAged', // closed by us because of connectionAgeMs
  'connectionsExpelled', // closed by us: error budget, unfinished frame, idle, handshake
  'partialBytes', // of frames that are not complete yet, all connections together
  'pushedBack', // times reading was stopped because the spool was full
  'isPushedBack', // 1 while it is stopped
  'isSpoolFull', // 1 while the lane would refuse a frame; looked at once a second
  'kernelDrops', // datagrams the kernel threw away since this socket was opened
  'receiveBufferAskedBytes',
  'receiveBufferGrantedBytes',
] as const
export type CounterName = (typeof COUNTERS)[number]
export type CounterValues = Readonly<Record<CounterName, number>>

const slotOf = Object.fromEntries(COUNTERS.map((name, i) => [name, i])) as Record<
  CounterName,
  number
>

/** One thread's counters in memory that other threads may read. */
export class IntakeCounters {
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(COUNTERS.length * 8)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  add(name: CounterName, count = 1): void {
    this.#slots[slotOf[name]]! += count
  }

  set(name: CounterName, value: number): void {
    this.#slots[slotOf[name]] = value
  }

  get(name: CounterName): number {
    return this.#slots[slotOf[name]]!
  }

  values(): CounterValues {
    return Object.fromEntries(COUNTERS.map((name, i) => [name, this.#slots[i]!])) as CounterValues
  }
}

/** Adds the counters of several threads. */
export function sumCounters(all: readonly CounterValues[]): CounterValues {
  const sums = COUNTERS.map((name) => [name, all.reduce((sum, values) => sum + values[name], 0)])
  return Object.fromEntries(sums) as CounterValues
}
