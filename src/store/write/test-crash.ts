// For tests of writers under which something is killed while calls keep coming.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQL } from 'bun'
import { connect } from '../postgres/connect.ts'
import { startEmbedded } from '../postgres/embedded.ts'
import { removeAtExit } from '../postgres/test-server.ts'
import { callFrames, type TestSpool, testSpool } from './test-spool.ts'

export interface CrashingWriter {
  run(signal: AbortSignal): Promise<void>
  drain(): Promise<void>
}

/** Appends calls to two lanes until told to stop; returns how many. */
export function loadCalls(spool: TestSpool): { stop(): number } {
  let calls = 0
  const timer = setInterval(() => {
    for (let i = 0; i < 20; i++) {
      spool.append(callFrames(`call-${calls}`), calls % 2 === 0 ? 'udp-0' : 'streams')
      calls += 1
    }
  }, 5)
  return {
    stop: () => {
      clearInterval(timer)
      return calls
    },
  }
}

/** Runs a writer in this process while something happens to it, then until the spool is empty. */
export async function during(
  writer: CrashingWriter,
  happens: () => Promise<number>,
): Promise<number> {
  const stop = new AbortController()
  const running = writer.run(stop.signal)
  const calls = await happens()
  await writer.drain()
  stop.abort()
  await running
  return calls
}

const CHILD = `
  const [module, name, options] = process.argv.slice(-3)
  const Writer = (await import(module))[name]
  const running = new Writer(JSON.parse(options)).run(new AbortController().signal)
  process.stdout.write('running')
  await running`

/** Starts the class `name` of a module of this room in a process of its own and kills it, so many times. */
export async function killAgain(
  { module, name, options }: { module: string; name: string; options: object },
  { rounds, waitMs }: { rounds: number; waitMs: () => number },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const child = Bun.spawn(
      [process.execPath, '-e', CHILD, module, name, JSON.stringify(options)],
      {
        ...{ stdout: 'pipe', stderr: 'inherit' },
        env: { ...process.env, CALLIOPE_LOG_LEVEL: 'silent' },
      },
    )
    await child.stdout.getReader().read()
    await Bun.sleep(waitMs())
    child.kill('SIGKILL')
    await child.exited
  }
}

/** A server of its own, a spool, and a writer between them under which the server is killed, so often. */
export async function killServer(
  rounds: number,
  begin: (url: string, spool: TestSpool, sql: SQL) => Promise<CrashingWriter>,
  expectAll: (sql: SQL, calls: number) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-crash-'))
  removeAtExit(directory)
  const server = await startEmbedded({ directory })
  await using spool = await testSpool()
  const sql = connect({ url: server.url })
  const count = await during(await begin(server.url, spool, sql), async () => {
    const calls = loadCalls(spool)
    for (let round = 1; round <= rounds; round++) {
      await Bun.sleep(100 + Math.random() * 300)
      process.kill(server.pid, 'SIGKILL')
      while (server.restarts < round) await Bun.sleep(10)
    }
    return calls.stop()
  })
  await expectAll(sql, count)
  await sql.close()
  await server.stop()
  rmSync(directory, { recursive: true })
}
