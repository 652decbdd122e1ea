// How many datagrams a second one shard takes from one sender with none lost: rises the rate until
// some are lost. `bun bench/intake.ts [seconds a step] [shards]`; both ends share this machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Intake, startIntake } from '#intake'

const [seconds = 3, udpShards = 1] = process.argv.slice(2).map(Number)
const FRAME_BYTES = 738
const RATES = [100, 150, 200, 250, 300, 350, 400, 450, 500].map((thousand) => thousand * 1_000)

let best = 0
for (const rate of RATES) {
  const lost = await step(rate)
  if (lost > 0) break
  best = rate
}
console.log(
  `highest rate with none lost: ${best} datagrams/s of ${FRAME_BYTES} bytes, ${seconds} s`,
)
process.exit(0)

async function step(rate: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-bench-'))
  const udp = { host: '127.0.0.1', port: 0 }
  const intake = await startIntake({ storage: { directory }, udp, udpShards })
  try {
    const cpuBefore = process.cpuUsage()
    const sender = await send(intake.addresses.udp!.port, rate)
    await settled(intake)
    const cpu = process.cpuUsage(cpuBefore)
    return report(rate, sender, intake, cpu.user + cpu.system)
  } finally {
    await intake.close()
    rmSync(directory, { recursive: true })
  }
}

interface Sent {
  readonly sent: number
  readonly seconds: number
}

async function send(port: number, rate: number): Promise<Sent> {
  const args = [port, rate, seconds, FRAME_BYTES].map(String)
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'udp-sender.ts'), ...args], {
    stderr: 'inherit',
  })
  return JSON.parse(await new Response(child.stdout).text())
}

// Until no more comes; the kernel's drop counter is looked at once a second.
async function settled(intake: Intake): Promise<void> {
  for (let before = -1; before !== received(intake); ) {
    before = received(intake)
    await Bun.sleep(1_200)
  }
}

function received(intake: Intake): number {
  return intake.lanes().reduce((sum, { ledger }) => sum + ledger.counts().appended, 0)
}

function report(
  rate: number,
  { sent, seconds: took }: Sent,
  intake: Intake,
  cpuUs: number,
): number {
  const kept = received(intake)
  const drops = intake.stats().total.kernelDrops
  console.log(
    `${rate}/s (mean ${Math.round(sent / took)}/s with its rise): ${kept} of ${sent} kept, ` +
      `${sent - kept} lost (kernel counted ${drops}), ${(cpuUs / sent).toFixed(2)} µs CPU each, ` +
      `${Math.round(process.memoryUsage().rss / 1e6)} MB resident`,
  )
  return sent - kept
}
