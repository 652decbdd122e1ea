// What the kernel knows of our UDP socket: how much waits in it and how many datagrams it threw away
// because nobody read in time. Linux shows both in /proc/net/udp and udp6, one line a socket:
//
//   sl  local_address rem_address st tx_queue:rx_queue tr tm->when retrnsmt uid timeout inode ref pointer drops
//   57: 0100007F:2364 00000000:0000 07 00000000:00000340 …                         82727  2   …        12
//
// Other programs may share the port, so ours is found by its inode. Where there is no /proc (not
// Linux) nothing is known and nothing is counted.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const TABLES = { udp4: '/proc/net/udp', udp6: '/proc/net/udp6' } as const
const INODE_AT = 9
const DROPS_AT = 12

export interface KernelSocketState {
  /** Bytes waiting to be read, the kernel's own bookkeeping included. */
  readonly waitingBytes: number
  /** Datagrams thrown away since the socket was opened. */
  readonly drops: number
}

/** One UDP socket of this process as the kernel sees it. */
export class KernelSocket {
  readonly fd: number
  readonly #table: string
  readonly #inode: string

  private constructor(table: string, inode: string, fd: number) {
    this.fd = fd
    this.#table = table
    this.#inode = inode
  }

  /** The socket on `port` that was opened last: shards open theirs one after another. */
  static find(type: 'udp4' | 'udp6', port: number): KernelSocket | undefined {
    const table = TABLES[type]
    const onPort = rowsOf(table).filter((row) => Number.parseInt(portOf(row), 16) === port)
    const ours = openSockets()
    const newest = onPort
      .map((row) => ({ inode: row[INODE_AT]!, fd: ours.get(row[INODE_AT]!) ?? -1 }))
      .filter(({ fd }) => fd >= 0)
      .sort((a, b) => Number(b.inode) - Number(a.inode))[0]
    return newest && new KernelSocket(table, newest.inode, newest.fd)
  }

  state(): KernelSocketState | undefined {
    const row = rowsOf(this.#table).find((cells) => cells[INODE_AT] === this.#inode)
    if (row === undefined) return undefined
    const waiting = row[4]?.split(':')[1] ?? '0'
    return { waitingBytes: Number.parseInt(waiting, 16), drops: Number(row[DROPS_AT]) }
  }
}

const portOf = (row: readonly string[]): string => row[1]?.split(':')[1] ?? ''

function rowsOf(table: string): string[][] {
  try {
    const lines = readFileSync(table, 'latin1').trimEnd().split('\n').slice(1)
    return lines.map((line) => line.trim().split(/\s+/))
  } catch {
    return []
  }
}

// Inode to descriptor, for every socket this process has open.
function openSockets(): Map<string, number> {
  const found = new Map<string, number>()
  try {
    for (const fd of readdirSync('/proc/self/fd')) addSocket(fd, found)
  } catch {}
  return found
}

function addSocket(fd: string, found: Map<string, number>): void {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
    if (inode !== undefined) found.set(inode, Number(fd))
  } catch {} // closed meanwhile
}
