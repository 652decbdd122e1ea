// `calliope doctor`: looks at what a node needs and says what to do about each thing that is not so.
// It changes nothing. With --spool it reads the whole spool and checks every batch.

import { createSocket } from 'node:dgram'
import { statfsSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import {
  CONFIG_FLAGS,
  type Config,
  type HostPort,
  kinds,
  loadConfig,
  setting,
  showAddress,
} from '#config'
import { renderSpoolReport, spoolUsage, verifySpool } from '#spool'
import { connect, explainDatabaseError } from '#store'
import { type Command, flagsOnly } from './command.ts'

type Level = 'ok' | 'note' | 'BAD'
interface Finding {
  readonly level: Level
  readonly text: string
}

const SPOOL_FLAG = {
  spool: setting(kinds.flag, false, 'read the whole spool and check every batch'),
}

/** `calliope doctor [--spool]`; exit 1 when something is bad. */
export const doctor: Command = {
  summary: 'check what a node needs: kernel, disk, ports, database; --spool checks every batch',
  usage: 'doctor [--spool] [flags of up]',
  example: 'calliope doctor --spool --data-dir /var/lib/calliope',
  flags: { ...SPOOL_FLAG, ...CONFIG_FLAGS },
  run: async (argv) => {
    const { config, positionals } = await loadConfig(argv.filter((word) => word !== '--spool'))
    flagsOnly('doctor', positionals)
    const spool = join(config.data_dir, 'spool')
    if (argv.includes('--spool')) return examineSpool(spool)
    const findings = [
      ...(await examineKernel(config)),
      examineDisk(config, spool),
      ...(await examinePorts(config)),
      await examineDatabase(config),
    ]
    for (const { level, text } of findings) process.stdout.write(`${level.padEnd(4)}  ${text}\n`)
    return findings.some(({ level }) => level === 'BAD') ? 1 : 0
  },
}

function examineSpool(directory: string): number {
  const report = verifySpool(directory)
  process.stdout.write(`${renderSpoolReport(report)}\n`)
  return report.lanes.some(({ damaged }) => damaged.length > 0) ? 1 : 0
}

async function examineKernel(config: Config): Promise<Finding[]> {
  const wanted = config['intake.receive_buffer']
  const file = Bun.file('/proc/sys/net/core/rmem_max')
  if (!(await file.exists())) return []
  const granted = Number(await file.text())
  if (granted >= wanted)
    return [{ level: 'ok', text: `UDP receive buffer: the kernel grants up to ${granted} bytes` }]
  const text = `UDP receive buffer: ${wanted} bytes are asked for, the kernel grants ${granted}; bursts may be lost. Run: sysctl -w net.core.rmem_max=${wanted}`
  return [{ level: 'note', text }]
}

function examineDisk(config: Config, spool: string): Finding {
  const { bavail, bsize } = statfsSync(existingParent(config.data_dir))
  const free = bavail * bsize
  const { bytes } = spoolUsage(spool)
  const gb = (n: number) => `${(n / 1e9).toFixed(1)} GB`
  const known = `disk under ${config.data_dir}: ${gb(free)} free, the spool holds ${gb(bytes)} and may grow to ${gb(config['spool.bytes_max'])}`
  if (free + bytes >= config['spool.bytes_max']) return { level: 'ok', text: known }
  return {
    level: 'note',
    text: `${known}, more than there is; frames would be dropped (disk_error). Lower spool.bytes_max or give it a larger disk`,
  }
}

function existingParent(path: string): string {
  try {
    statfsSync(path)
    return path
  } catch {
    return existingParent(join(path, '..'))
  }
}

async function examinePorts(config: Config): Promise<Finding[]> {
  const tcp = (['http.listen', 'hep.tcp', 'hep.tls', 'hep.ws'] as const).map(async (key) => {
    const address = config[key]
    return address ? [(await answers(address)) ? inUse(key, address) : free(key, address)] : []
  })
  const udp = config['hep.udp']
  const udpFinding = udp
    ? [(await canBindUdp(udp)) ? free('hep.udp', udp) : inUse('hep.udp', udp)]
    : []
  return [...udpFinding, ...(await Promise.all(tcp)).flat()]
}

const free = (key: string, address: HostPort): Finding => ({
  level: 'ok',
  text: `${key} ${showAddress(address)}: free`,
})
const inUse = (key: string, address: HostPort): Finding => ({
  level: 'note',
  text: `${key} ${showAddress(address)}: in use; right if calliope runs, else stop the other program or choose another port`,
})

function answers({ host, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({
      host: host === '0.0.0.0' ? '127.0.0.1' : host,
      port,
      timeout: 1000,
    })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
    socket.on('timeout', () => end(false))
  })
}

function canBindUdp({ host, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.on('error', () => resolve(false))
    socket.bind(port, host, () => socket.close(() => resolve(true)))
  })
}

async function examineDatabase({ database }: Config): Promise<Finding> {
  if (database === 'embedded')
    return { level: 'ok', text: 'database: embedded, started with calliope up' }
  const sql = connect({ url: database, max: 1 })
  try {
    const [row] = await sql`select version()`
    return { level: 'ok', text: `database: ${row.version}` }
  } catch (error) {
    return {
      level: 'BAD',
      text: `database: ${(await explainDatabaseError(error, database)).message}`,
    }
  } finally {
    await sql.close({ timeout: 0 })
  }
}
