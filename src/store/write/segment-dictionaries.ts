// What repeats within a block, each once: addresses, and the context of a message. A call has two to
// six addresses and one or two contexts, so the last one or a short list is looked at before a
// string is built to look it up: this runs for every message.
import type { StoredMessage } from './stored-message.ts'

const SHORT = 8

/** Addresses as 'port ip', numbered in the order they were met in the block. */
export class PlaceDictionary {
  readonly texts: string[] = []
  readonly #byText = new Map<string, number>()
  readonly #ips: string[] = []
  readonly #ports: number[] = []
  /** Numbers of the addresses of the segment being written. */
  readonly used: number[] = []

  clear(): void {
    this.texts.length = 0
    this.#byText.clear()
    this.beginSegment()
  }

  beginSegment(): void {
    this.used.length = 0
    this.#ips.length = 0
    this.#ports.length = 0
  }

  /** Where the address stands among those of the segment. */
  placeOf(ip: string, port: number): number {
    const short = Math.min(this.used.length, SHORT)
    for (let i = 0; i < short; i++) {
      if (this.#ports[i] === port && this.#ips[i] === ip) return i
    }
    const number = this.#numberOf(`${port} ${ip}`)
    const known = short < SHORT ? -1 : this.used.indexOf(number)
    if (known >= 0) return known
    this.#ips.push(ip)
    this.#ports.push(port)
    return this.used.push(number) - 1
  }

  #numberOf(text: string): number {
    let number = this.#byText.get(text)
    if (number === undefined) {
      number = this.texts.push(text) - 1
      this.#byText.set(text, number)
    }
    return number
  }
}

/** Transport, protocol, capture id, node and correlation id together, as text. */
export class ContextDictionary {
  readonly texts: string[] = []
  readonly #byText = new Map<string, number>()
  #last: StoredMessage | undefined
  #lastNumber = 0

  clear(): void {
    this.texts.length = 0
    this.#byText.clear()
    this.#last = undefined
  }

  numberOf(message: StoredMessage): number {
    if (this.#last !== undefined && isSameContext(this.#last, message)) return this.#lastNumber
    const { ipProtocol, protocolType, captureId, captureNode, correlationId } = message
    const text = `${ipProtocol} ${protocolType} ${captureId} ${captureNode.length} ${captureNode}${correlationId}`
    this.#last = message
    this.#lastNumber = this.#byText.get(text) ?? this.texts.push(text) - 1
    this.#byText.set(text, this.#lastNumber)
    return this.#lastNumber
  }
}

function isSameContext(a: StoredMessage, b: StoredMessage): boolean {
  return (
    a.ipProtocol === b.ipProtocol &&
    a.protocolType === b.protocolType &&
    a.captureId === b.captureId &&
    a.captureNode === b.captureNode &&
    a.correlationId === b.correlationId
  )
}
