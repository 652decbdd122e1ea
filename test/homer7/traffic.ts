// What both programs hear: the vectors, the recording of Kamailio and generated calls, moved to a time
// of our choosing, so that partitions exist for it and rows can be compared with rows of another day.
import { generateTraffic } from '#fleet'
import { decodeHep, encodeHep, type HepPacket } from '#hep'
import { readFixture } from '../fixtures/pcap.ts'
import type { Fault } from './faults.ts'
import { VECTORS, vectorFrames } from './vectors.ts'

export interface ProofFrame {
  readonly frame: Buffer
  /** Tells the row of this frame in every database. */
  readonly key: string
  readonly label: string
  readonly fault: Fault | undefined
}

export const TRAFFIC = ['vectors', 'fixture', 'load'] as const
export type TrafficName = (typeof TRAFFIC)[number]

/** What a row and its packet have in common; `atUs` counts from the start of the traffic. */
export function keyOf(
  type: number,
  src: { ip: string; port: number },
  dst: { ip: string; port: number },
  atUs: number | 'arrival',
): string {
  return `${type} ${src.ip}:${src.port} ${dst.ip}:${dst.port} ${atUs}`
}

/** Frames of the named traffic; `startUs` is a whole second. */
export function framesOf(name: TrafficName, startUs: number): ProofFrame[] {
  if (name === 'vectors')
    return vectorFrames(startUs).map((frame, place) => {
      const { name: label, fault, isTimeless } = VECTORS[place]!
      return proofFrame(frame, startUs, `vector ${label}`, fault, isTimeless)
    })
  if (name === 'fixture') return fixtureFrames(startUs)
  const calls = generateTraffic({ seed: 7, starts: 400, startsPerSecond: 2, startUs })
  return [...calls].map(({ packet }) => proofFrame(encodeHep(packet), startUs, 'load'))
}

function proofFrame(
  frame: Buffer,
  startUs: number,
  label: string,
  fault?: Fault,
  isTimeless = false,
): ProofFrame {
  const packet = decodeHep(frame)
  if (packet.kind !== 'packet') throw new Error(`${label}: ${packet.reason}`)
  const key = keyOf(
    packet.protocolType,
    { ip: packet.srcIp, port: packet.srcPort },
    { ip: packet.dstIp, port: packet.dstPort },
    isTimeless ? 'arrival' : packet.atUs - startUs,
  )
  return {
    frame,
    key,
    label,
    fault: fault ?? faultOf(packet),
  }
}

// What ordinary traffic has that heplify-server goes wrong with.
function faultOf({ authKey, payload }: HepPacket): Fault | undefined {
  if (authKey !== '') return 'password kept'
  return /sips?:[^\s>]*\[/.test(payload.toString('latin1')) ? 'address in brackets cut' : undefined
}

const OLD_FAULTS: Readonly<Record<number, Fault>> = { 1: 'HEP 1 as family', 2: 'HEP 2 misread' }
const CHUNK_SECONDS = 9
const OLD_SECONDS_AT = 16 // behind IPv4 addresses

// Its first packet is put at the start; HEP 1 has no time of its own.
function fixtureFrames(startUs: number): ProofFrame[] {
  const frames = readFixture().map(({ hep }) => Buffer.from(hep))
  const first = secondsOf(frames[0]!)!
  return frames.map((frame, place) => {
    const at = secondsPlace(frame)
    const seconds = secondsOf(frame)
    if (seconds !== undefined) at!.write(seconds - first + startUs / 1e6)
    const version = frame[0]
    return proofFrame(frame, startUs, `fixture ${place + 1}`, OLD_FAULTS[version!], version === 1)
  })
}

interface Place {
  readonly read: () => number
  readonly write: (seconds: number) => void
}

const secondsOf = (frame: Buffer) => secondsPlace(frame)?.read()

// Patched where they stand, because the frames shall otherwise stay as Kamailio wrote them.
function secondsPlace(frame: Buffer): Place | undefined {
  if (frame[0] === 1) return undefined
  if (frame[0] === 2)
    return {
      read: () => frame.readUInt32LE(OLD_SECONDS_AT),
      write: (seconds) => frame.writeUInt32LE(seconds, OLD_SECONDS_AT),
    }
  for (let at = 6; at < frame.length; at += frame.readUInt16BE(at + 4)) {
    const body = at + 6
    if (frame.readUInt16BE(at) === 0 && frame.readUInt16BE(at + 2) === CHUNK_SECONDS)
      return {
        read: () => frame.readUInt32BE(body),
        write: (seconds) => frame.writeUInt32BE(seconds, body),
      }
  }
  return undefined
}
