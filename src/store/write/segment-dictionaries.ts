// What repeats within a segment, each once: addresses, and the context of a message. A call has two to
// six addresses and one or two contexts, so the last one or a short list is looked at before a
// string is built to look it up: this runs for every message.
import type { TracedMessage } from '#sip'

const SHORT = 8

/** Addresses as 'port ip', numbered in the order they were met. */
export class PlaceDictionary {
  readonly texts: string[] = []
  readonly #ips: string[] = []
  readonly #ports: number[] = []
  #byText: Map<string, number> | undefined

  numberOf(ip: string, port: number): number {
    const short = Math.min(this.texts.length, SHORT)
    for (let i = 0; i < short; i++) {
      if (this.#ports[i] === port && this.#ips[i] === ip) return i
    }
    return this.#look(`${port} ${ip}`, ip, port)
  }

  #look(text: string, ip: string, port: number): number {
    if (this.texts.length >= SHORT) {
      this.#byText ??= new Map(this.texts.map((known, i) => [known, i]))
      const known = this.#byText.get(text)
      if (known !== undefined) return known
      this.#byText.set(text, this.texts.length)
    }
    this.#ips.push(ip)
    this.#ports.push(port)
    return this.texts.push(text) - 1
  }
}

/** Transport, protocol, capture id, node and correlation id together, as text. */
export class ContextDictionary {
  readonly texts: string[] = []
  readonly #byText = new Map<string, number>()
  #last: TracedMessage | undefined
  #lastNumber = 0

  numberOf(message: TracedMessage): number {
    if (this.#last !== undefined && isSameContext(this.#last, message)) return this.#lastNumber
    const { ipProtocol, protocolType, captureId, captureNode, correlationId } = message
    const text = `${ipProtocol} ${protocolType} ${captureId} ${captureNode.length} ${captureNode}${correlationId}`
    this.#last = message
    this.#lastNumber = this.#byText.get(text) ?? this.texts.push(text) - 1
    this.#byText.set(text, this.#lastNumber)
    return this.#lastNumber
  }
}

function isSameContext(a: TracedMessage, b: TracedMessage): boolean {
  return (
    a.ipProtocol === b.ipProtocol &&
    a.protocolType === b.protocolType &&
    a.captureId === b.captureId &&
    a.captureNode === b.captureNode &&
    a.correlationId === b.correlationId
  )
}
