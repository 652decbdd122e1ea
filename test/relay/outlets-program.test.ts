// The whole program: a node that stores calls and hands the same log to a service, while another is away.
import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { numberedFrame, numbersTo } from '../../src/relay/testing/relay-rig.ts'
import { ServiceRecorder } from '../../src/relay/testing/service-recorder.ts'
import { settledLedger, startProgram, temporaryDirectory, until } from '../program.ts'

test('calliope capture feeds outlets beside its store, and none of them holds it up', async () => {
  using data = temporaryDirectory('calliope-outlets-')
  await using loki = new ServiceRecorder()
  const gone = 'elastic+http://127.0.0.1:1?name=gone'
  const program = await startProgram(
    [
      ...['--data-dir', data.path, '--drain-wait', '0s', '--relay-to'],
      ...[`loki+http://${loki.host}?name=loki,${gone}`, '--relay-auth', 'loki bearer hush-hush'],
    ],
    { command: 'capture' },
  )
  const sender = connect(program.tcp)
  const frames = numbersTo(500).map(numberedFrame)
  sender.end(Buffer.concat(frames))

  const carried = async () =>
    loki.posted
      .flatMap(({ body }) => [...body.matchAll(/CSeq: (\d+)/g)].map(([, n]) => Number(n)))
      .sort((a, b) => a - b)
  await until(carried, (numbers) => numbers.length >= 500)
  expect(await carried()).toEqual(numbersTo(500))
  expect(loki.posted[0]!.headers.authorization).toBe('Bearer hush-hush')
  // What the one that is away has not had is nothing that the node has not stored.
  expect(await settledLedger(program, 500)).toMatchObject({
    received: 500,
    stored: 500,
    pending: 0,
  })
  const metrics = await (await fetch(`${program.url}/metrics`)).text()
  expect(metrics).toContain('calliope_relay_frames{destination="loki",outcome="relayed"} 500')
  expect(metrics).toContain('calliope_relay_frames{destination="gone",outcome="pending"} 500')

  const startedMs = performance.now()
  expect(await program.stop()).toBe(0)
  expect(performance.now() - startedMs).toBeLessThan(15_000)
  expect(program.lines.some(({ msg, left }) => msg.includes('next start') && left === 500)).toBe(
    true,
  )
  expect(JSON.stringify(program.lines)).not.toContain('hush-hush')
}, 60_000)
