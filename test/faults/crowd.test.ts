import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { type Program, startProgram, temporaryDirectory } from '../program.ts'
import { SEND } from '../senders.ts'
import { numberedFrame, numberedFrames } from './numbered-frames.ts'
import { expectNothingLost, identityOfFrame } from './truth.ts'

const IDLE = 10_000
const SLOW = 200
const BYTES_PER_CONNECTION_MAX = 16 * 1024

interface Crowd {
  /** One byte more of an unfinished frame, from each. */
  drip(): void
  close(): void
  readonly ended: number
}

/** Connections that send only the first bytes of `frame`, or none when it is empty. */
async function crowd({ tcp }: Program, count: number, frame: Buffer): Promise<Crowd> {
  let [ended, at] = [0, 0]
  const socket = { data() {}, close: () => void ended++ }
  const open: Awaited<ReturnType<typeof Bun.connect>>[] = []
  for (let i = 0; i < count; i++)
    open.push(await Bun.connect({ hostname: tcp.host, port: tcp.port, socket }))
  return {
    drip: () => {
      for (const each of open) each.write(frame.subarray(at, at + 1))
      at++
    },
    close: () => open.forEach((each) => void each.end()),
    get ended() {
      return ended
    },
  }
}

const residentBytes = ({ process: { pid } }: Program): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

test('ten thousand idle and two hundred creeping connections cost others nothing', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-crowd-')
  const program = await startProgram([
    ...['--data-dir', data.path, '--database', database.url],
    ...['--intake-connections-max', '30000'],
  ])
  const before = residentBytes(program)
  const idle = await crowd(program, IDLE, Buffer.alloc(0))
  const slow = await crowd(program, SLOW, numberedFrame('slow', 1))
  expect((residentBytes(program) - before) / (IDLE + SLOW)).toBeLessThan(BYTES_PER_CONNECTION_MAX)
  const promised: string[] = []
  for (let round = 0; round < 10; round++) {
    slow.drip()
    const frames = numberedFrames(`crowd-${round}`, 500)
    promised.push(...frames.map(identityOfFrame))
    await SEND.tcp(program, frames)
    await SEND.udp(
      program,
      frames.slice(0, 50).map((_, i) => numberedFrame(`udp-${round}`, i)),
    )
  }
  const { ledger } = await expectNothingLost(program, database.sql, { received: 5_500, promised })
  expect(ledger.received).toBe(5_500)
  expect(idle.ended + slow.ended, 'nobody was sent away').toBe(0)
  idle.close()
  slow.close()
  expect(await program.stop()).toBe(0)
}, 90_000)
