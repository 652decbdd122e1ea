// Exported captures, read by the programs people will read them with.
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldTaps, parseSip, type TracedMessage } from '#sip'
import { fixtureMessages } from '../../../test/fixture-messages.ts'
import { ipPath, tcpSegment, udpPacket } from './ip-packet.ts'
import { exportPcap } from './pcap.ts'

const directory = mkdtempSync(join(tmpdir(), 'calliope-pcap-'))
afterAll(() => rmSync(directory, { recursive: true }))
const withoutTshark = Bun.which('tshark') === null
const withoutSngrep = Bun.which('sngrep') === null

const run = async (...command: string[]): Promise<string> => {
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [text, mistakes] = await Promise.all(
    [child.stdout, child.stderr].map((out) => new Response(out).text()),
  )
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')}: ${mistakes}`)
  return text!
}

async function writePcap(trace: readonly TracedMessage[]): Promise<string> {
  const path = join(directory, `${crypto.randomUUID()}.pcapng`)
  await Bun.write(path, exportPcap(trace, ['x']))
  return path
}

const CHECKS = ['ip', 'udp', 'tcp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`])

/** One object per packet, as tshark sees it. */
async function readPcap<const Field extends string>(
  path: string,
  fields: readonly Field[],
  filter = '',
) {
  const text = await run(
    ...['tshark', '-r', path, ...CHECKS, '-Y', filter, '-T', 'fields', '-E', 'separator=|'],
    ...fields.flatMap((field) => ['-e', field]),
  )
  const rows = text.split('\n').slice(0, -1)
  return rows.map((row) => {
    const values = row.split('|')
    return Object.fromEntries(fields.map((field, i) => [field, values[i]])) as Record<Field, string>
  })
}

/** Whatever tshark finds wrong: malformed packets, bad checksums, odd sequence numbers. */
const faults = (path: string) =>
  readPcap(
    path,
    ['frame.number', '_ws.expert.message'],
    '_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0',
  )

/** What sngrep takes for SIP. */
async function sngrepCount(path: string): Promise<number> {
  await run('sngrep', '-N', '-I', path, '-O', `${path}.out`)
  return (await readPcap(`${path}.out`, ['frame.number'], 'sip')).length
}

const fixture = fixtureMessages()
const [sample] = fixture.filter(({ sip }) => sip?.kind === 'request' && sip.method === 'INVITE')

/** An INVITE of its own, over any transport and between any two ends, as long as wanted. */
function message(n: number, changes: Partial<TracedMessage> = {}, bodyBytes = 0): TracedMessage {
  const body = 'v=0\r\n'.padEnd(bodyBytes, 'x')
  const payload = Buffer.from(
    `INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK${n}\r\n` +
      `From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: call-${n}\r\nCSeq: ${n} INVITE\r\n` +
      `Max-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  const sip = parseSip(payload)
  return {
    ...sample!,
    ...{ srcIp: '10.0.0.1', srcPort: 5060, dstIp: '10.0.0.2', dstPort: 5070 },
    ...{ atUs: 1_795_000_000_123_456 + n, payload, clockClamped: false },
    ...changes,
    sip: sip.kind === 'malformed' ? undefined : sip,
  }
}

describe.skipIf(withoutTshark)('exportPcap, read by tshark', () => {
  test('has every SIP message of the fixture once, byte for byte, at its microsecond', async () => {
    const path = await writePcap(fixture)
    const expected = foldTaps(fixture)
      .filter(({ message }) => message.protocolType === 1)
      .map(({ message }) => [
        `${Math.floor(message.atUs / 1e6)}.${String(message.atUs % 1e6).padStart(6, '0')}000`,
        message.payload.toString('hex'),
        message.sip!.callId,
      ])
    const seen = await readPcap(path, [
      'frame.time_epoch',
      'udp.payload',
      'sip.Call-ID',
      'ip.src',
      'ipv6.src',
    ])
    expect(seen.map((packet) => packet['frame.time_epoch'])).toEqual(expected.map(([at]) => at!))
    expect(seen.map((packet) => packet['udp.payload'])).toEqual(
      expected.map(([, payload]) => payload!),
    )
    expect(seen.filter((packet) => packet['sip.Call-ID'] === '')).toEqual([])
    expect(seen.some((packet) => packet['ipv6.src'] !== '')).toBe(true)
    expect(await faults(path)).toEqual([])
  })

  test('says how many log lines it left out, and nothing when there were none', async () => {
    const about = async (trace: readonly TracedMessage[]) => run('capinfos', await writePcap(trace))
    expect(await about(fixture)).toContain('4 log lines or JSON reports never were packets')
    expect(await about([message(1)])).not.toContain('log lines')
    expect(await about([message(1)])).not.toContain('beyond the export')
    const cut = Object.assign([message(1)], { omitted: 7 })
    expect(await about(cut)).toContain("7 messages beyond the export's limit")
  })

  test('writes IPv6, and ends that do not agree or are no addresses', async () => {
    const path = await writePcap([
      message(1, { srcIp: '2001:db8::1', dstIp: '2001:db8::2' }),
      message(2, { srcIp: '10.0.0.1', dstIp: '2001:db8::2' }),
      message(3, { srcIp: '', dstIp: 'not an address' }),
      message(4, { srcIp: '::ffff:10.0.0.1', dstIp: '::' }),
    ])
    const seen = await readPcap(path, ['ip.src', 'ipv6.src', 'sip.Call-ID'])
    expect(seen.map((packet) => Object.values(packet).join(' ').trim())).toEqual([
      '2001:db8::1 call-1',
      '::ffff:10.0.0.1 call-2',
      '0.0.0.0  call-3',
      '::ffff:10.0.0.1 call-4',
    ])
    expect(await faults(path)).toEqual([])
  })

  test('counts the bytes of TCP on in both directions, so that nothing looks lost or repeated', async () => {
    const tcp = { ipProtocol: 6, srcPort: 40_000, dstPort: 5060 }
    const back = { ...tcp, srcIp: '10.0.0.2', dstIp: '10.0.0.1', srcPort: 5060, dstPort: 40_000 }
    const path = await writePcap([
      message(1, tcp),
      message(2, back),
      message(3, tcp),
      message(4, tcp),
      message(5, back),
    ])
    expect(await readPcap(path, ['tcp.stream', 'sip.Call-ID'], 'sip')).toEqual(
      [1, 2, 3, 4, 5].map((n) => ({ 'tcp.stream': '0', 'sip.Call-ID': `call-${n}` })),
    )
    expect(await faults(path)).toEqual([])
  })

  test('keeps messages whole that are too big for one packet', async () => {
    const sizes = [65_507, 65_527, 65_536, 200_000]
    const ways = [{}, { ipProtocol: 6 }, { srcIp: '::1', dstIp: '::2' }]
    const cases = sizes.flatMap((bytes) => ways.map((way) => ({ bytes, way })))
    const path = await writePcap(
      cases.flatMap(({ bytes, way }, i) => [
        message(2 * i, { ...way, srcPort: 1000 + i }, bytes),
        message(2 * i + 1, { ...way, srcPort: 1000 + i }),
      ]),
    )
    expect(await readPcap(path, ['sip.Call-ID', 'sip.Content-Length'], 'sip')).toEqual(
      cases.flatMap(({ bytes }, i) => [
        { 'sip.Call-ID': `call-${2 * i}`, 'sip.Content-Length': String(bytes) },
        { 'sip.Call-ID': `call-${2 * i + 1}`, 'sip.Content-Length': '5' },
      ]),
    )
    expect(await faults(path)).toEqual([])
  })

  test('shows what any IP protocol carried on any port as SIP', async () => {
    const protocols = [6, 22, 132, 99]
    const ports = [80, 443, 5061, 8080, 8088, 65_535]
    const trace = protocols.flatMap((ipProtocol, i) =>
      ports.map((dstPort, j) => message(i * ports.length + j, { ipProtocol, dstPort })),
    )
    const path = await writePcap(trace)
    expect(await readPcap(path, ['sip.Call-ID'])).toEqual(
      trace.map((_, n) => ({ 'sip.Call-ID': `call-${n}` })),
    )
    expect(await faults(path)).toEqual([])
  })

  test('says on the packet who captured it and what is not as it was', async () => {
    const first = message(1, { captureId: 7, captureNode: 'edge', ipProtocol: 22 })
    const path = await writePcap([
      first,
      { ...first, captureId: 8, captureNode: '', atUs: first.atUs + 1500 },
    ])
    const [packet, ...others] = await readPcap(path, ['frame.comment'])
    expect(others).toEqual([])
    expect(packet!['frame.comment']).toContain('captured by 7 (edge)')
    expect(packet!['frame.comment']).toContain('captured by 8 +1.5 ms')
    expect(packet!['frame.comment']).toContain('unwrapped from TLS or WebSocket: shown as UDP')
  })

  test('an empty trace is a file tshark can open', async () => {
    expect(await readPcap(await writePcap([]), ['frame.number'])).toEqual([])
  })
})

describe.skipIf(withoutSngrep || withoutTshark)('exportPcap, read by sngrep', () => {
  test('every SIP message of the fixture is recognised', async () => {
    const messages = foldTaps(fixture).filter(({ message }) => message.protocolType === 1)
    expect(await sngrepCount(await writePcap(fixture))).toBe(messages.length)
  })

  test('IPv6, TCP and unwrapped transports are recognised', async () => {
    const ends = [{}, { srcIp: '2001:db8::1', dstIp: '2001:db8::2' }]
    const trace = ends.flatMap((end, i) =>
      [17, 6, 22, 132].map((ipProtocol, j) =>
        message(10 * i + j, { ...end, ipProtocol, dstPort: 5061 }),
      ),
    )
    expect(await sngrepCount(await writePcap(trace))).toBe(trace.length)
  })
})

test('udpPacket never writes the checksum that means there is none', () => {
  const path = ipPath('10.0.0.1', 5060, '10.0.0.2', 5060)
  for (let word = 0; word < 65_536; word++) {
    const payload = Buffer.from([word >> 8, word & 255])
    expect(udpPacket(path, payload).readUInt16BE(26)).not.toBe(0)
  }
})

test('tcpSegment wraps its sequence number at 32 bits', () => {
  const path = ipPath('10.0.0.1', 1, '10.0.0.2', 2)
  expect(tcpSegment(path, 2 ** 32 + 5, 2 ** 33 + 6, Buffer.alloc(0)).readUInt32BE(24)).toBe(5)
})
