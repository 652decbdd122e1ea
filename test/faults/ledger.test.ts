import { expect, test } from 'bun:test'
import { buildTrafficRing, sendTraffic } from '#fleet'
import { freePort } from '../../src/store/postgres/server.ts'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { type Program, startProgram, temporaryDirectory, until } from '../program.ts'
import { watchLedger } from './ledger-watch.ts'
import { keepPosting, numberedFrame } from './numbered-frames.ts'
import { expectNothingLost } from './truth.ts'

const LOAD_MS = 2_500

/** Good frames over each transport and bad ones between them, until the signal. */
async function load(program: Program, life: number, signal: AbortSignal): Promise<string[]> {
  const send = (transport: 'tcp' | 'udp', starts: number) =>
    sendTraffic({
      source: buildTrafficRing({ seed: life, starts }),
      to: program[transport],
      ...{ transport, ratePerSecond: 3_000, senders: 4, signal },
    })
  const [{ acknowledged }] = await Promise.all([
    keepPosting(program.url, { series: `ledger-${life}`, signal }),
    send('tcp', 101),
    send('udp', 102),
    sendJunk(program, signal),
  ])
  return [...acknowledged]
}

async function sendJunk({ udp }: Program, signal: AbortSignal): Promise<void> {
  const socket = await Bun.udpSocket({
    connect: { hostname: udp.host, port: udp.port },
    socket: { error: () => {} }, // nobody listens between two lives
  })
  const half = numberedFrame('junk', 1)
  for (let i = 0; !signal.aborted; i++) {
    try {
      socket.send(i % 2 ? 'not HEP' : half.subarray(0, half.length / 2))
    } catch {}
    await Bun.sleep(2)
  }
  socket.close()
}

test('the ledger balances at every moment, across restarts, and never takes anything back', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-ledger-')
  const flags = ['--data-dir', data.path, '--database', database.url]
  const promised: string[] = []
  let program = await startProgram([...flags, '--shards', '2'])
  const watch = watchLedger(program.url)
  // The next life has one UDP thread less: what its lane counted still counts.
  for (const shards of ['2', '1', '3']) {
    if (shards !== '2') program = await startProgram([...flags, '--shards', shards])
    watch.moveTo(program.url)
    const stopping = new AbortController()
    const loaded = load(program, Number(shards), stopping.signal)
    await Bun.sleep(LOAD_MS)
    expect(await program.stop()).toBe(0) // while they go on sending
    stopping.abort()
    promised.push(...(await loaded))
  }
  const last = await startProgram([...flags, '--shards', '1'])
  watch.moveTo(last.url)
  const { ledger } = await expectNothingLost(last, database.sql, { promised })
  const { samples, faults } = await watch.stop()
  expect(faults).toEqual([])
  expect(samples).toBeGreaterThan(50)
  expect(ledger.rejected.byReason.not_hep).toBeGreaterThan(100)
  expect(ledger.rejected.byReason.truncated).toBeGreaterThan(100)
  expect(ledger.dropped.byReason.disk_error, 'no frame met a closed spool').toBeUndefined()
  expect(await last.stop()).toBe(0)
}, 60_000)

test('frames of a lane that is not opened any more are counted as pending until they are stored', async () => {
  using data = temporaryDirectory('calliope-ledger-')
  const nowhere = `postgres://nobody@127.0.0.1:${await freePort()}/none`
  const flags = ['--data-dir', data.path, '--database', nowhere, '--drain-timeout', '0']
  const first = await startProgram([...flags, '--shards', '2'])
  const { sent } = await sendTraffic({
    ...{ source: { seed: 1, starts: 100 }, to: first.udp, transport: 'udp', senders: 24 },
    ...{ count: 500, ratePerSecond: 5_000 },
  })
  const count = async (program: Program, name: string) =>
    Number(
      new RegExp(`^calliope_${name} (\\d+)`, 'm').exec(
        await (await fetch(`${program.url}/metrics`)).text(),
      )?.[1],
    )
  await until(
    () => count(first, 'frames_received_total'),
    (frames) => frames === sent,
  )
  expect(await first.stop()).toBe(3)
  const second = await startProgram([...flags, '--shards', '1'])
  expect(await count(second, 'frames_pending')).toBe(sent)
  expect(await count(second, 'frames_received_total')).toBe(sent)
  expect(await second.stop()).toBe(3)
}, 30_000)
