// Ladders as people see them. A golden ladder is easier to judge than a list of coordinates.
import { expect, test } from 'bun:test'
import { foldTaps, layOutLadder, renderLadder } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const draw = (script: string, widthMax = 100) =>
  `\n${renderLadder(layOutLadder(foldTaps(scriptCall(script))), { widthMax })}\n`

test('renderLadder draws a plain call', () => {
  expect(
    draw(`
      0     a>p INVITE #1 +sdp
      1.2   p>a 100 Trying #1 INVITE
      2.1   p>b INVITE #1 +sdp
      410   b>p 180 Ringing #1 INVITE
      411   p>a 180 Ringing #1 INVITE
      2300  b>p 200 OK #1 INVITE +sdp
      2301  p>a 200 OK #1 INVITE +sdp
      2350  a>b ACK #1
      36000 b>a BYE #2 +callee
      36010 a>b 200 OK #2 BYE +callee
    `),
  ).toBe(`
            10.0.0.1         10.0.0.10        10.0.0.2
     0.000      │─── INVITE ────▶│                │  audio 10.0.0.1:4000 PCMA/8000 sendrecv
     0.001      │◀─ 100 Trying ──│                │
     0.002      │                │─── INVITE ────▶│  audio 10.0.0.10:4000 PCMA/8000 sendrecv
     0.410      │                │◀─ 180 Ringing ─│
     0.411      │◀─ 180 Ringing ─│                │
     2.300      │                │◀─── 200 OK ────│  audio 10.0.0.2:4000 PCMA/8000 sendrecv
     2.301      │◀─── 200 OK ────│                │  audio 10.0.0.10:4000 PCMA/8000 sendrecv
     2.350      │───────────── ACK ──────────────▶│
         ⋮      │                │                │
    36.000      │◀───────────── BYE ──────────────│
    36.010      │──────────── 200 OK ────────────▶│
`)
})

test('renderLadder draws a call the caller gives up', () => {
  expect(
    draw(`
      0    a>b INVITE #1
      200  b>a 180 Ringing #1 INVITE
      8400 a>b CANCEL #1
      8401 b>a 200 OK #1 CANCEL
      8402 b>a 487 Request Terminated #1 INVITE
      8410 a>b ACK #1
    `),
  ).toBe(`
            10.0.0.1                    10.0.0.2
     0.000      │───────── INVITE ─────────▶│
     0.200      │◀────── 180 Ringing ───────│
         ⋮      │                           │
     8.400      │───────── CANCEL ─────────▶│
     8.401      │◀───────── 200 OK ─────────│
     8.402      │◀─ 487 Request Terminated ─│
     8.410      │────────── ACK ───────────▶│
`)
})

test('renderLadder draws a call after a challenge', () => {
  expect(
    draw(`
      0   a>p INVITE #1
      5   p>a 407 Proxy Authentication Required #1 INVITE
      6   a>p ACK #1
      10  a>p INVITE #2
      400 p>a 200 OK #2 INVITE
      410 a>p ACK #2
    `),
  ).toBe(`
            10.0.0.1                               10.0.0.10
     0.000      │────────────── INVITE ───────────────▶│
     0.005      │◀─ 407 Proxy Authentication Required ─│
     0.006      │──────────────── ACK ────────────────▶│
     0.010      │────────────── INVITE ───────────────▶│
     0.400      │◀────────────── 200 OK ───────────────│
     0.410      │──────────────── ACK ────────────────▶│
`)
})

test('renderLadder marks what was sent again', () => {
  expect(
    draw(`
      0     a>p INVITE #1
      0.3   a>p INVITE #1 +tap2
      500   a>p INVITE #1
      1500  a>p INVITE #1
      1600  p>a 503 Service Unavailable #1 INVITE
      2100  p>a 503 Service Unavailable #1 INVITE
    `),
  ).toBe(`
            10.0.0.1                       10.0.0.10
     0.000      │────────── INVITE ───────────▶│
     0.500      │┄┄┄┄┄┄┄┄┄ INVITE ↻ ┄┄┄┄┄┄┄┄┄┄▶│
     1.500      │┄┄┄┄┄┄┄┄┄ INVITE ↻ ┄┄┄┄┄┄┄┄┄┄▶│
     1.600      │◀── 503 Service Unavailable ──│
     2.100      │◀┄ 503 Service Unavailable ↻ ┄│

↻ sent again
`)
})

test('renderLadder keeps within its width and loses no message', () => {
  const hops = 'apqb'
  const script = [...hops].flatMap((from, i) =>
    hops[i + 1] ? [`${i} ${from}>${hops[i + 1]} INVITE #1 +sdp`] : [],
  )
  for (const widthMax of [40, 55, 70, 90, 160]) {
    const lines = draw(script.join('\n'), widthMax).trim().split('\n')
    expect(lines.filter((line) => line.includes('INV'))).toHaveLength(3)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(widthMax)
  }
})

test('renderLadder becomes a list when the columns do not fit', () => {
  expect(
    draw('0 a>p INVITE #1\n1 p>q INVITE #1\n2 q>b INVITE #1\n3 b>q 100 Trying #1 INVITE', 45),
  ).toBe(`
     0.000  10.0.0.1 → 10.0.0.10  INVITE
     0.001  10.0.0.10 → 10.0.0.11  INVITE
     0.002  10.0.0.11 → 10.0.0.2  INVITE
     0.003  10.0.0.2 → 10.0.0.11  100 Trying
`)
})

test('renderLadder lets no control character through to the terminal', () => {
  const [message] = scriptCall('0 a>p INVITE #1')
  const evil = {
    ...message!,
    payload: Buffer.from('x'),
    sip: { ...message!.sip!, method: 'IN\x1b[2JVITE\u202e' },
  }
  const text = renderLadder(layOutLadder(foldTaps([evil as typeof message & object])))
  expect(text).toContain('IN·[2JVITE·')
})

const labelsOf = (steps: ReturnType<typeof scriptCall>) =>
  layOutLadder(foldTaps(steps)).columns.map(({ label }) => label)

test('layOutLadder gives a host one column per SIP port when it uses several', () => {
  const [first, second] = scriptCall('0 a>p INVITE #1\n1 p>b INVITE #1')
  const local = { srcIp: '127.0.0.1', dstIp: '127.0.0.1' }
  const steps = [
    { ...first!, ...local, srcPort: 5060, dstPort: 5070 },
    { ...second!, ...local, srcPort: 5070, dstPort: 5060 },
  ]
  expect(labelsOf(steps)).toEqual(['127.0.0.1:5060', '127.0.0.1:5070'])
  expect(layOutLadder(foldTaps(steps)).arrows.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [1, 0],
  ])
})

test('layOutLadder does not take the far end of a TCP connection for another server', () => {
  const tcp = { ipProtocol: 6 }
  const [first, second] = scriptCall('0 a>p INVITE #1\n1 p>b INVITE #1')
  expect(
    labelsOf([
      { ...first!, ...tcp, srcPort: 41_000 },
      { ...second!, ...tcp, srcPort: 52_000 },
    ]),
  ).toEqual(['10.0.0.1', '10.0.0.10', '10.0.0.2'])
})

test('layOutLadder puts logs at their host and media reports between theirs', () => {
  const [invite, log, rtcp] = scriptCall('0 a>p INVITE #1\n1 p>b INVITE #1\n2 a>q INVITE #1')
  const { columns, arrows } = layOutLadder(
    foldTaps([
      invite!,
      { ...log!, sip: undefined, protocolType: 100 },
      { ...rtcp!, sip: undefined, protocolType: 5, srcPort: 4001, dstPort: 4001 },
    ]),
  )
  expect(columns.map(({ label }) => label)).toEqual(['10.0.0.1', '10.0.0.10', '10.0.0.11'])
  expect(arrows.map(({ from, to, label, kind }) => [from, to, label, kind])).toEqual([
    [0, 1, 'INVITE', 'request'],
    [1, 1, 'log', 'other'],
    [0, 2, 'RTCP', 'other'],
  ])
})

test('foldTaps, layOutLadder and renderLadder manage a call of 50,000 messages', () => {
  const [message] = scriptCall('0 a>p OPTIONS #1')
  const all = Array.from({ length: 50_000 }, (_, i) => ({
    ...message!,
    atUs: message!.atUs + i * 300_000,
  }))
  expect(renderLadder(layOutLadder(foldTaps(all))).split('\n')).toHaveLength(50_003)
})

test('layOutLadder of nothing is an empty ladder', () => {
  expect(layOutLadder([])).toEqual({ columns: [], arrows: [] })
  expect(renderLadder(layOutLadder([]))).toBe('')
})
