// Every command as a user types it, against a running program: mistakes, and what each prints.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallDetail, CallPage, CallRow } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { run, startCommand } from './commands.ts'
import { truePackets } from './fixtures/oracle.ts'
import { readUdpPayloads } from './fixtures/pcapng.ts'
import { ask, type Program, settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

const fixtures = join(import.meta.dir, 'fixtures')
const callId = '1-24771@127.0.0.101'

let program: Program
let directory: ReturnType<typeof temporaryDirectory>
let database: Awaited<ReturnType<typeof testDatabase>>
let env: Record<string, string>
beforeAll(async () => {
  database = await testDatabase()
  directory = temporaryDirectory()
  program = await startProgram([
    ...['--database', database.url, '--data-dir', directory.path],
    ...['--hep-ws', '127.0.0.1:0', '--hep-tls', '127.0.0.1:0'],
    ...['--hep-tls-cert', join(fixtures, 'localhost.crt')],
    ...['--hep-tls-key', join(fixtures, 'localhost.key')],
    ...['--store-retention', '36500d', '--store-batch-wait', '100ms'],
  ])
  env = { CALLIOPE_URL: program.url }
  await SEND.http(
    program,
    truePackets().map(({ hep }) => hep),
  )
  await settledLedger(program, 970)
})
afterAll(async () => {
  await program.stop()
  await database[Symbol.asyncDispose]()
  directory[Symbol.dispose]()
})

describe('mistakes', () => {
  const MISTAKES: [string, string[]][] = [
    ['up --hep-udp abc --hep-tcpp 1 --spool-bytes-max 12', ["'abc'", '--hep-tcp?', '16777216']],
    ['capture --store-retention soon --shards 65', ["'soon'", '10m', 'from 1 to 64']],
    ['serve --http 127.0.0.1:99999 words', ["'127.0.0.1:99999'", 'HOST:PORT']],
    ['serve', ['--database', 'embedded']],
    ['up --http :9080 --hep-tls :9062', ['http.token', 'login', 'hep.tls_cert', 'hep.tls_key']],
    ['load --mix all --rate -1 --transport sctp', ["'all'", 'registrations', "'-1'", 'tls']],
    ['search --limit 0 --form -15m', ["'0'", '1000000', '--from?']],
    ['search --from yesterday', ['yesterday', '-15m']],
    ['search frm:alice', ['frm:', 'from:']],
    ['call', ['one Call-ID']],
    ['call a b --pacp x', ['--pcap?']],
    ['tail --jason --url ftp://x', ['--json?', "'ftp://x'", 'http://127.0.0.1:9080']],
    ['doctor spool', ['spool', 'flags only']],
    ['check-config --log-level loud --config-file x', ["'loud'", 'debug', '--config-file']],
    ['serch alice', ["'search'"]],
  ]
  test.each(MISTAKES)('calliope %s exits 2 and names every problem', async (words, named) => {
    const { code, out, err } = await run(words.split(' '), { env })
    expect([code, out]).toEqual([2, ''])
    for (const part of named) expect(err).toContain(part)
    expect(err).toMatch(/See: calliope .*--help/)
  })

  test('a server that is away is said in a sentence, with what to do, and exits 1', async () => {
    for (const words of ['search x', 'call x', 'load --check --count 1']) {
      const { code, out, err } = await run([...words.split(' '), '--url', '127.0.0.1:1'])
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain('Nothing answers at http://127.0.0.1:1')
      expect(err).toContain('calliope up')
    }
    const away = await run('load --transport tcp --to 127.0.0.1:1 --count 1'.split(' '))
    expect(away.code).toBe(1)
    expect(away.err).toMatch(/^calliope: cannot connect to tcp 127.0.0.1:1: ECONNREFUSED;.*\n$/)
  })
})

describe('search and call', () => {
  test('search prints a line a call, newest first, with the whole Call-ID at the end', async () => {
    const { code, out, err } = await run(['search', 'from:alice', 'method:INVITE'], { env })
    expect([code, err]).toEqual([0, ''])
    const [heading, ...lines] = out.trimEnd().split('\n')
    expect(heading).toMatch(/^started \(UTC\) .* call id$/)
    const { calls } = await ask<CallPage>(program, '/api/v1/calls?q=from:alice+method:INVITE')
    expect(lines.map((line) => line.split(/ {2}/).at(-1))).toEqual(calls.map((row) => row.callId))
    expect(lines.find((line) => line.endsWith(callId))).toMatch(/ INVITE +200 +completed /)
  })

  test('search goes through pages, stops at --limit and says that there is more', async () => {
    const all = await run(['search', '--json', '--limit', '1000'], { env })
    const rows = all.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as CallRow)
    expect(new Set(rows.map((row) => row.callId)).size).toBe(rows.length)
    const some = await run(['search', '--limit', '3'], { env })
    expect(some.out.trimEnd().split('\n')).toHaveLength(4)
    expect(some.err).toContain('There is more')
    const none = await run(['search', 'from:nobody-at-all'], { env })
    expect([none.code, none.out.trimEnd().split('\n').length]).toEqual([0, 1])
  })

  test('call prints the verdict and the ladder; --raw adds the messages', async () => {
    const detail = await ask<CallDetail>(program, `/api/v1/calls/${encodeURIComponent(callId)}`)
    const { code, out } = await run(['call', callId], { env })
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toBe(detail.verdict)
    for (const { label } of detail.ladder.columns) expect(out).toContain(label)
    const inLadder = out.split('\n').filter((line) => / INVITE ─/.test(line))
    expect(inLadder).toHaveLength(detail.messages.filter(({ label }) => label === 'INVITE').length)
    const raw = await run(['call', callId, '--raw'], { env })
    expect(raw.out).toStartWith(out)
    expect(raw.out.match(/^INVITE sip:/gm)).toHaveLength(inLadder.length)
  })

  test('call --json is the API’s answer, --no-legs leaves other legs out', async () => {
    const path = `/api/v1/calls/${encodeURIComponent(callId)}`
    const json = await run(['call', callId, '--json'], { env })
    expect(JSON.parse(json.out)).toEqual(await ask(program, path))
    const alone = await run(['call', callId, '--json', '--no-legs'], { env })
    expect((JSON.parse(alone.out) as CallDetail).legs).toHaveLength(1)
  })

  test('call --pcap writes a file that tshark reads', async () => {
    const file = join(directory.path, 'call.pcapng')
    const { code, out, err } = await run(['call', callId, '--no-legs', '--pcap', file], { env })
    expect([code, out]).toEqual([0, ''])
    const written = Number(/^(\d+) messages written/.exec(err)?.[1])
    expect(readUdpPayloads(readFileSync(file))).toHaveLength(written)
    if (Bun.which('tshark') === null) return console.warn('NOT TESTED: tshark is not installed')
    const tshark = Bun.spawnSync(['tshark', '-r', file, '-Y', `sip.Call-ID == "${callId}"`])
    expect(tshark.stdout.toString().trimEnd().split('\n')).toHaveLength(written)
  })

  test('call of nothing says so and exits 1', async () => {
    const { code, out, err } = await run(['call', 'no such call'], { env })
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain("no call with the Call-ID 'no such call'")
  })
})

test('tail prints calls as they come, only those asked for, and ends on SIGINT with 0', async () => {
  const child = startCommand(['tail', 'method:REGISTER', '--json'], { env })
  const traffic = startCommand(
    ['load', '--for', '30s', '--rate', '200', '--to', `127.0.0.1:${program.udp.port}`],
    { env },
  )
  let said = ''
  let isStopped = false
  for await (const chunk of child.stdout) {
    said += new TextDecoder().decode(chunk)
    if (isStopped || said.split('\n').length <= 5) continue
    isStopped = true // a second SIGINT would end it at once
    child.kill('SIGINT')
  }
  traffic.kill('SIGINT')
  expect(await child.exited).toBe(0)
  expect(await new Response(child.stderr).text()).toBe('')
  const rows = said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CallRow)
  expect(rows.every(({ method }) => method === 'REGISTER')).toBe(true)
  // A load that was interrupted sums up all the same.
  expect(await new Response(traffic.stdout).text()).toStartWith('sent ')
  expect(await traffic.exited).toBe(0)
})

const TARGETS = {
  udp: () => program.udp,
  tcp: () => program.tcp,
  tls: () => program.tls!,
  ws: () => program.ws!,
  http: () => ({ host: '127.0.0.1', port: Number(new URL(program.url).port) }),
}

describe('load', () => {
  test.each(['udp', 'tcp', 'tls', 'ws', 'http'] as const)(
    'load --check over %s agrees with the ledger',
    async (transport) => {
      const { host, port } = TARGETS[transport]()
      const words = ['load', '--transport', transport, '--to', `${host}:${port}`, '--insecure']
      const { code, out } = await run([...words, '--count', '1500', '--rate', '3000', '--check'], {
        env,
      })
      expect(out).toContain('sent 1,500 packets of ')
      expect(out).toContain(
        'ledger: 1,500 received = 1,500 stored + 0 rejected or dropped + 0 pending; 0 never arrived',
      )
      expect(code).toBe(0)
    },
  )

  test('load over TLS does not trust a certificate it does not know', async () => {
    const { host, port } = program.tls!
    const words = ['load', '--transport', 'tls', '--to', `${host}:${port}`, '--count', '10']
    const { code, err } = await run(words, { env })
    expect(code).toBe(1)
    expect(err).toMatch(/cannot connect to tls .*(SELF_SIGNED|self.signed)/)
  })
})

describe('doctor', () => {
  test('doctor looks at kernel, disk, ports and database, and exits 1 when one is bad', async () => {
    const ports = ['--http', '127.0.0.1:0', '--hep-udp', '127.0.0.1:0', '--hep-tcp', '127.0.0.1:0']
    const place = ['--data-dir', directory.path]
    const good = await run(['doctor', ...place, ...ports, '--database', database.url])
    expect(good.code).toBe(0)
    for (const part of ['receive buffer', 'disk under', 'hep.udp', 'PostgreSQL 1'])
      expect(good.out).toContain(part)
    const inUse = await run(['doctor', ...place, '--hep-udp', `127.0.0.1:${program.udp.port}`])
    expect(inUse.out).toContain(`hep.udp 127.0.0.1:${program.udp.port}: in use`)
    const away = 'postgres://calliope:secret-word@127.0.0.1:1/calliope'
    const bad = await run(['doctor', ...place, ...ports, '--database', away])
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/^BAD {3}database: .*127\.0\.0\.1/m)
    expect(bad.out + bad.err).not.toContain('secret-word')
  })
})
