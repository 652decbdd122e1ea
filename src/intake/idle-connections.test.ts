import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dir, '..', '..')
const hardLimit = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim()
const CONNECTIONS = hardLimit === 'unlimited' ? 10_000 : Math.min(10_000, Number(hardLimit) - 500)

// Each side in a process of its own with as many descriptors as this machine allows. Both read
// commands, a line each, and answer with a line of JSON.
function child(script: string, ...args: string[]) {
  const raised = `ulimit -n ${hardLimit} 2>/dev/null; exec "$@"`
  const started = Bun.spawn(['sh', '-c', raised, 'sh', process.execPath, '-e', script, ...args], {
    cwd: root,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const reader = started.stdout.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  const answer = async () => {
    while (!rest.includes('\n')) rest += (await reader.read()).value ?? '\n'
    const line = rest.slice(0, rest.indexOf('\n'))
    rest = rest.slice(line.length + 1)
    return JSON.parse(line)
  }
  const ask = async (command: string) => {
    started.stdin.write(`${command}\n`)
    await started.stdin.flush()
    return answer()
  }
  return { started, answer, ask }
}

const SERVER = `
  import { startIntake } from '#intake'
  const intake = await startIntake({ storage: { directory: process.argv[1] },
    tcp: { host: '127.0.0.1', port: 0 }, connectionsPerPeerMax: 20_000, lingerMs: 500 })
  console.log(JSON.stringify(intake.addresses.tcp))
  for await (const line of console) {
    if (line === 'close') await intake.close()
    Bun.gc(true)
    const { user, system } = process.cpuUsage()
    const { connectionsOpen } = intake.stats().total
    const [{ ledger }] = intake.lanes()
    console.log(JSON.stringify({ rss: process.memoryUsage().rss, cpuUs: user + system,
      connectionsOpen, appended: ledger.appended }))
    if (line === 'close') process.exit(0)
  }`

const CLIENTS = `
  const [port, count] = process.argv.slice(1).map(Number)
  const socket = { data() {}, end(each) { each.end() } }
  const open = []
  for (let i = 0; i < count; i++)
    open.push(await Bun.connect({ hostname: '127.0.0.1', port, allowHalfOpen: true, socket }))
  console.log('{}')
  for await (const line of console) {
    const frame = Buffer.from(line, 'hex')
    for (const each of open) each.write(frame)
    console.log('{}')
  }`

test('ten thousand idle connections cost little, and every one of them still works', async () => {
  const { frameNumber } = await import('../../test/intake-rig.ts')
  const directory = mkdtempSync(join(tmpdir(), 'calliope-idle-'))
  const server = child(SERVER, directory)
  let clients: ReturnType<typeof child> | undefined
  try {
    const { port } = await server.answer()
    const before = await server.ask('stats')
    clients = child(CLIENTS, String(port), String(CONNECTIONS))
    await clients.answer()
    let open = await server.ask('stats')
    while (open.connectionsOpen < CONNECTIONS) open = await server.ask('stats')
    expect((open.rss - before.rss) / CONNECTIONS).toBeLessThan(16 * 1024)

    const idleFrom = await server.ask('stats')
    await Bun.sleep(1_500)
    const idle = await server.ask('stats')
    expect((idle.cpuUs - idleFrom.cpuUs) / 1.5e6).toBeLessThan(0.2) // of one core, our questions included

    await clients.ask(frameNumber(1).toString('hex'))
    let after = idle
    while (after.appended < CONNECTIONS) after = await server.ask('stats')
    const closed = await server.ask('close')
    expect(closed.appended).toBe(CONNECTIONS)
    expect(closed.connectionsOpen).toBe(0)
  } finally {
    server.started.kill('SIGKILL')
    clients?.started.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}, 30_000)
