import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { TracedMessage } from '../message.ts'
import { scriptCall } from '../testing/script-call.ts'
import { mosOfReport, worstMosOf } from './quality.ts'

const AT_US = 1_700_000_000_000_000

function rtcp(...blocks: readonly object[]): TracedMessage {
  const [message] = scriptCall('0 a>b OPTIONS #1')
  const payload = Buffer.from(JSON.stringify({ type: 201, ssrc: 1, report_blocks: blocks }))
  return { ...message!, atUs: AT_US, protocolType: 5, sip: undefined, payload }
}
const block = (more: object = {}) => ({ source_ssrc: 7, fraction_lost: 0, ia_jitter: 0, ...more })

test('worstMosOf takes the worst block of the worst RTCP report', () => {
  expect(worstMosOf([rtcp(block())])).toBeCloseTo(4.41, 2)
  const all = [rtcp(block()), rtcp(block(), block({ fraction_lost: 26 })), rtcp(block())]
  expect(worstMosOf(all)).toBeWithin(3, 3.5) // 10 % of loss
  expect(worstMosOf([rtcp(block({ ia_jitter: 800 }))])).toBeWithin(4, 4.35) // 100 ms
})

test('worstMosOf takes no wrong clock for a bad line, and nothing from a report of zeros', () => {
  const seconds = (AT_US / 1e6 + 2_208_988_800) * 65_536
  const after = (s: number) => ({ lsr: Math.round((seconds - s * 65_536) % 2 ** 32), dlsr: 0 })
  expect(worstMosOf([rtcp(block(after(5)))])).toBeCloseTo(4.41, 2)
  expect(worstMosOf([rtcp(block(after(0.9)))])).toBeLessThan(4)
  expect(worstMosOf([rtcp(block({ ia_jitter: 4_000_000_000 }))])).toBeCloseTo(4.41, 2)
  expect(worstMosOf([rtcp({}), rtcp()])).toBeUndefined()
})

test.each([
  // As Cisco's CUBE documents it, and as it was seen
  ['PS=300,OS=48000,PR=365,OR=58400,PL=0,JI=0,LA=0,DU=7', 4.41],
  ['PS=300, OS=48000, PR=98, OR=58400, PL=2, JI=0, LA=0, DU=7', 4.24],
  // AudioCodes, with an empty pair and a semicolon at the end
  ['PS=207;OS=49680;;PR=314;OR=50240;PL=0;JI=6;LA=40;', 4.39],
  // baresip: both ends in one value
  ['EX=BareSip;CS=1000;CD=29;PR=1463;PS=1490;PL=0,0;PD=0,0;JI=3.0,3.0;EN=PCMA/8000', 4.4],
  ['PR=1000;PS=1000;PL=0,100;JI=0,0;DE=PCMA/8000', 3.41],
  ['PR=1000;PS=1000;PL=0;JI=0;DE=G729', 4.1],
  // a MOS is believed
  ['MOS=3.8;Jitter=7;PacketLossPct=0;RTT=260682;RTPStat=RTP: 258452 bytes, 1509 packets', 3.8],
  ['PR=10,MOSLQ=4.2,MOSCQ=4.1', 4.1],
  // Cisco phones
  ['Dur=29,Pkt=1426,Oct=228160,LatePkt=0,LostPkt=0,AvgJit=0,VQMetrics="MLQK=4.5;MLQKav=4.4"', 4.41],
])('mosOfReport reads %s', (report, mos) => {
  expect(mosOfReport(report)).toBeCloseTo(mos, 1.5)
})

test.each(['', 'PS=0,OS=0,PR=0,OR=0,PL=0,JI=0,LA=0,DU=0', 'MOS=0.0', 'PS=207', 'garbage'])(
  'mosOfReport finds nothing in "%s"',
  (report) => {
    expect(mosOfReport(report)).toBeUndefined()
  },
)

test('mosOfReport takes any text, and says nothing or a MOS', () => {
  const text = fc.array(
    fc.oneof(
      fc.constantFrom(
        'PR=',
        'PL=',
        'JI=',
        'LA=',
        'MOS=',
        ';',
        ',',
        '-',
        '9',
        '1e99',
        'Infinity',
        '1e999',
      ),
      fc.string(),
    ),
  )
  fc.assert(
    fc.property(text, (parts) => {
      expect(mosOfReport(parts.join('')) ?? 1).toBeWithin(1, 5.01)
    }),
  )
})

test('worstMosOf reads the BYE and what answers it, and no other message', () => {
  const script = (bye: string, ok: string, invite = 'X-Other: 1') => `
    0    a>b  INVITE #1 | ${invite}
    100  b>a  200 OK #1 INVITE | ${invite}
    9000 a>b  BYE #2 | ${bye}
    9010 b>a  200 OK #2 BYE | ${ok}`
  const mos = (...headers: [string, string, string?]) => worstMosOf(scriptCall(script(...headers)))
  expect(mos('X-RTP-Stat: MOS=3.9', 'p-rtp-stat:MOS=3.1')).toBe(3.1)
  expect(mos('RTP-RxStat: MLQK=2.5', 'X-Other: 1')).toBe(2.5)
  expect(mos('P-RTP-Statistics: MOS=3', 'X-Other: 1', 'X-RTP-Stat: MOS=2')).toBeUndefined()
})
