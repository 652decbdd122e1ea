// Every connection is an open file, and how many a process may have is set from outside. Connections
// must not use up what the spool and the database need, so they get what is left over; an operator
// who is told at the start can raise the limit.
import { readFileSync } from 'node:fs'
import { log } from '#log'

const OTHERS = 500 // spool files, the database, the screen; half of all where there are few

/** `connectionsMax`, or less when the process may not open so many files. */
export function affordableConnections(
  connectionsMax: number,
  filesMax: number = openFilesMax(),
): number {
  const affordable = Math.floor(Math.max(filesMax - OTHERS, filesMax / 2))
  if (affordable >= connectionsMax) return connectionsMax
  const needed = connectionsMax + OTHERS
  log.warn(
    { room: 'intake', connectionsMax, openFilesMax: filesMax },
    `This process may open ${filesMax} files, so it takes ${affordable} connections instead of ` +
      `${connectionsMax}. For all of them raise it: ulimit -n ${needed}, or LimitNOFILE=${needed} ` +
      'in systemd; or lower intake.connections_max',
  )
  return affordable
}

// Infinity where nobody says so: no limit, or not Linux.
function openFilesMax(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
