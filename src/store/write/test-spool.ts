// For the tests of the writer: a spool in a temporary folder, and calls as HEP frames.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeHep, type HepPacketFields } from '#hep'
import { type LaneOptions, type LaneWriter, openLane, openSpool, type Spool } from '#spool'

export interface TestSpool extends AsyncDisposable {
  readonly directory: string
  readonly spool: Spool
  /** Opens (once) and gives the writer of a lane. */
  lane(name?: string, options?: Partial<LaneOptions>): LaneWriter
  /** Appends frames to a lane and puts them on disk. */
  append(frames: readonly Buffer[], lane?: string): void
}

/** An empty spool that goes away with the test. */
export async function testSpool(): Promise<TestSpool> {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-spool-'))
  const spool = await openSpool({ directory, readers: ['store'] })
  const lanes = new Map<string, LaneWriter>()
  const lane = (name = 'udp-0', options: Partial<LaneOptions> = {}) => {
    const known = lanes.get(name)
    if (known) return known
    const opened = openLane({ directory, lane: name, ...options })
    lanes.set(name, opened)
    return opened
  }
  return {
    directory,
    spool,
    lane,
    append: (frames, name) => {
      const writer = lane(name)
      for (const bytes of frames) writer.append(incoming(bytes))
      writer.flush()
    },
    [Symbol.asyncDispose]: async () => {
      for (const writer of lanes.values()) await writer.close()
      await spool.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const incoming = (bytes: Buffer, receivedUs = Date.now() * 1000) => ({
  receivedUs,
  transport: 'udp' as const,
  peerIp: '127.0.0.1',
  peerPort: 40_000,
  bytes,
})

/** INVITE 100 180 200 ACK BYE 200, in order. */
export const CALL_STEPS = ['INVITE', '100', '180', '200', 'ACK', 'BYE', '200 BYE'] as const

export interface CallOptions {
  readonly from?: string
  readonly to?: string
  /** Of the INVITE; the others follow 10 ms apart. @default now */
  readonly atUs?: number
  /** Of what should be different in each frame. */
  readonly hep?: Partial<HepPacketFields>
  readonly headers?: readonly string[]
  readonly steps?: readonly string[]
}

/** The frames of one whole call. */
export function callFrames(callId: string, options: CallOptions = {}): Buffer[] {
  const { atUs = Date.now() * 1000, steps = CALL_STEPS, hep = {} } = options
  return steps.map((step, i) => {
    const isFromCaller = /^(INVITE|ACK|BYE|CANCEL|REGISTER)/.test(step)
    return encodeHep({
      srcIp: isFromCaller ? '10.0.0.1' : '10.0.0.2',
      dstIp: isFromCaller ? '10.0.0.2' : '10.0.0.1',
      srcPort: 5060,
      dstPort: 5060,
      atUs: atUs + i * 10_000,
      captureId: 2001,
      payload: Buffer.from(sipText(callId, step, options)),
      ...hep,
    })
  })
}

/** 'INVITE', 'REGISTER 2' (with its CSeq), '180', '200 BYE', '401 REGISTER 1' */
function sipText(callId: string, step: string, options: CallOptions): string {
  const { from = 'alice', to = 'bob', headers = [] } = options
  const [first = '', second = '', third = ''] = step.split(' ')
  const isRequest = !/^\d/.test(first)
  const method = isRequest ? first : second || 'INVITE'
  const cseq = (isRequest ? second : third) || '1'
  const toTag = isRequest && /INVITE|REGISTER/.test(method) ? '' : ';tag=b1'
  return [
    isRequest ? `${method} sip:${to}@b.example SIP/2.0` : `SIP/2.0 ${first} Reason`,
    `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${callId}${method}${cseq}`,
    `From: <sip:${from}@a.example>;tag=a1`,
    `To: <sip:${to}@b.example>${toTag}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    ...headers,
    'Content-Length: 4',
    '',
    'v=0\n',
  ].join('\r\n')
}
