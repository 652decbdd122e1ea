// Scripts tried on a capture file: what they change of which packet, what fails, and what they cost.
import { type CapturedDatagram, decodeHep, type HepPacket, readCapture } from '#hep'
import { parseSip, type SipMessage } from '#sip'
import { openFilter } from '../filter.ts'
import type { ScriptOptions } from '../filter-options.ts'
import type { Filtered, Passed } from '../filtered.ts'

export interface TrialOptions {
  readonly scripts: ScriptOptions
  /** At most so many packets are shown. */
  readonly packetsShown: number
}

/** What came of it, for people. */
export interface Trial {
  readonly lines: readonly string[]
  /** Packets a script failed over. */
  readonly failed: number
}

const VALUE_CHARS_MAX = 100

/** Rejects where the file is no capture or a script cannot be read. */
export async function tryScripts(file: Buffer, options: TrialOptions): Promise<Trial> {
  const said: string[] = []
  const listener = (level: string, text: string) => void said.push(`    ${level} ${text}`)
  using filter = await openFilter({ scripts: options.scripts }, { listener })
  const lines: string[] = []
  const counts = { unchanged: 0, changed: 0, discarded: 0, failed: 0 }
  let shown = 0
  let longestMs = 0
  let allMs = 0
  let number = 0
  for (const packet of packetsIn(file)) {
    number += 1
    said.length = 0
    const startedMs = performance.now()
    const answer = filter.apply(packet, { lane: 'capture', number, receivedUs: packet.atUs })
    const tookMs = performance.now() - startedMs
    allMs += tookMs
    longestMs = Math.max(longestMs, tookMs)
    const hasFailed = said.some((line) => line.endsWith('goes on unchanged'))
    const what = hasFailed ? 'failed' : whatOf(answer)
    counts[what] += 1
    if (shown >= options.packetsShown || (what === 'unchanged' && said.length === 0)) continue
    shown += 1
    lines.push(`#${number} ${titleOf(packet)}: ${what}`, ...said, ...differences(packet, answer))
  }
  const each = number === 0 ? 0 : Math.round((allMs / number) * 1000)
  const summary = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  const cost = `${each} us a packet, the longest ${Math.round(longestMs * 1000)} us`
  return {
    lines: [...lines, `${number} packets: ${summary.join(', ')}; ${cost}`],
    failed: counts.failed,
  }
}

function whatOf(answer: Filtered): 'unchanged' | 'changed' | 'discarded' {
  if (answer.kind === 'discarded') return 'discarded'
  return answer.said === undefined ? 'unchanged' : 'changed'
}

/** HEP as it was sent, and SIP that was captured by itself. */
function* packetsIn(file: Buffer): Generator<HepPacket> {
  for (const datagram of readCapture(file)) {
    const { payload } = datagram
    const packet = decodeHep(payload)
    if (packet.kind === 'packet') yield packet
    else if (parseSip(payload).kind !== 'malformed') yield bareSip(datagram)
  }
}

const bareSip = (datagram: CapturedDatagram): HepPacket => ({
  ...datagram,
  ...{ kind: 'packet', version: 3, ipFamily: datagram.srcIp.includes(':') ? 10 : 2 },
  ...{ protocolType: 1, captureId: 0, captureNode: '', correlationId: '', authKey: '' },
  ...{ vlan: 0, extras: [] },
})

function titleOf({ payload, protocolType, srcIp, srcPort, dstIp, dstPort }: HepPacket): string {
  const sip = protocolType === 1 ? parseSip(payload) : undefined
  const what = sip && sip.kind !== 'malformed' ? nameOf(sip) : `type ${protocolType}`
  return `${what} ${srcIp}:${srcPort} > ${dstIp}:${dstPort}`
}

const nameOf = (sip: SipMessage): string =>
  sip.kind === 'request' ? sip.method : `${sip.status} of ${sip.cseqMethod}`

const FIELDS = [
  ...['srcIp', 'dstIp', 'srcPort', 'dstPort', 'protocolType', 'captureId', 'captureNode'],
  'correlationId',
] as const

function differences(before: HepPacket, answer: Filtered): string[] {
  if (answer.kind === 'discarded') return [`    ${answer.detail}`]
  const { packet, said } = answer
  const lines = FIELDS.filter((field) => fieldOf(before, field) !== fieldOf(packet, field)).map(
    (field) => `    ${field}: ${fieldOf(before, field) || "''"} > ${fieldOf(packet, field)}`,
  )
  if (packet.payload !== before.payload)
    lines.push(`    message: ${before.payload.length} > ${packet.payload.length} bytes`)
  return [...lines, ...saidLines(said)]
}

const fieldOf = (packet: HepPacket, field: (typeof FIELDS)[number]): string =>
  String(packet[field as keyof HepPacket])

function saidLines(said: Passed['said']): string[] {
  if (said === undefined) return []
  const { fields, headers, lokiLabels, ...single } = said
  const all = [
    ...Object.entries(single),
    ...Object.entries(fields),
    ...Object.entries(headers).map(([name, value]) => [`header ${name}`, value]),
    ...Object.entries(lokiLabels).map(([name, value]) => [`label ${name}`, value]),
  ]
  return all.map(([name, value]) => `    ${name} = ${String(value).slice(0, VALUE_CHARS_MAX)}`)
}
