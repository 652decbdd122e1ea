// One logger for the process. Every line is JSON with a message that names what happened, where and
// with which value; secrets never reach it (fields named like a key or a password are censored).
//
// It is made when the first line is written: most threads never write one, and the library takes 3 MB
// of each that loads it.
import type { Logger } from 'pino'

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const

/** What of the logger is used. */
export interface Log extends Pick<Logger, (typeof LEVELS)[number]> {
  level: string
  /** The same with fields on every line. */
  child(fields: Record<string, unknown>): Log
}

let made: Logger | undefined
let level = process.env.CALLIOPE_LOG_LEVEL ?? 'info'

function root(): Logger {
  made ??= make()
  return made
}

function make(): Logger {
  // Not `await import`: the first line may be the last one before an exit.
  const pino = require('pino') as typeof import('pino').default
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', 'token', 'authKey', 'secret', '*.password', '*.token', '*.authKey'],
        censor: '[hidden]',
      },
    },
    // stderr, so that what a command prints for people or pipes stays clean. Written at once: the last
    // line before an exit is the one that says why.
    pino.destination({ dest: 2, sync: true }),
  )
}

function lazily(logger: () => Logger): Log {
  type Line = Parameters<Logger['info']>
  const lines = LEVELS.map((name) => [name, (...line: Line) => logger()[name](...line)])
  return Object.defineProperty(
    {
      ...Object.fromEntries(lines),
      child: (fields: Record<string, unknown>) => {
        let child: Logger | undefined
        return lazily(() => {
          child ??= logger().child(fields)
          return child
        })
      },
    },
    'level',
    { get: () => level, set: setLevel },
  )
}

// To be set before the first line: a child made by then would keep its own.
function setLevel(wanted: string): void {
  level = wanted
  if (made) made.level = wanted
}

/** Structured logger; the field `room` says where a line comes from. */
export const log: Log = lazily(root)
