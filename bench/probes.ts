// How long until a message can be found: every 100 ms a message of its own goes the same way as the
// traffic, and the database is asked for it until it answers.

import { encodeHep } from '#hep'
import { connect } from '#store'

const EVERY_MS = 100
const ASK_MS = 20

export interface Probes {
  /** Sends no more; a backlog can then be seen to end. */
  pause(): void
  /** Ends, and says how long each took; `sent` counts with the traffic. */
  finish(): Promise<{ sent: number; waitsMs: number[] }>
}

/** Where they are looked for. @default ours */
const SEGMENTS = { table: 'call_segments', column: 'call_id' }

export async function startProbes(
  port: number,
  database: string,
  { table, column } = SEGMENTS,
): Promise<Probes> {
  const socket = await Bun.udpSocket({ connect: { hostname: '127.0.0.1', port } })
  const sql = connect({ url: database, max: 1 })
  const run = Math.random().toString(36).slice(2)
  const open = new Map<string, number>()
  const waitsMs: number[] = []
  let sent = 0
  const sending = setInterval(() => {
    const callId = `probe-${run}-${sent++}`
    open.set(callId, performance.now())
    socket.send(frameOf(callId))
  }, EVERY_MS)
  let isOver = false
  const asking = (async () => {
    while (!isOver || open.size > 0) {
      await Bun.sleep(ASK_MS)
      if (open.size > 0) await ask()
    }
  })()

  async function ask(): Promise<void> {
    // Oldest first and not many: behind a backlog the question must not become the load.
    const ids = [...open.keys()].slice(0, 20)
    const rows = await sql`
      select distinct ${sql(column)} as call_id from ${sql(table)} where ${sql(column)} in ${sql(ids)}`
    const now = performance.now()
    for (const { call_id } of rows) {
      waitsMs.push(now - open.get(call_id)!)
      open.delete(call_id)
    }
  }

  return {
    pause: () => clearInterval(sending),
    finish: async () => {
      clearInterval(sending)
      const giveUp = setTimeout(() => open.clear(), 10_000)
      isOver = true
      await asking
      clearTimeout(giveUp)
      socket.close()
      await sql.close({ timeout: 0 })
      return { sent, waitsMs }
    },
  }
}

const frameOf = (callId: string): Buffer =>
  encodeHep({
    srcIp: '10.9.9.1',
    dstIp: '10.9.9.2',
    srcPort: 5060,
    dstPort: 5060,
    atUs: Date.now() * 1_000,
    payload: Buffer.from(
      `OPTIONS sip:probe@b.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.1;branch=z9hG4bK${callId}\r\nFrom: <sip:probe@a.example>;tag=1\r\nTo: <sip:probe@b.example>\r\nCall-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
    ),
  })
