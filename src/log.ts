// One logger for the process. Every line is JSON with a message that names what happened, where and
// with which value; secrets never reach it (fields named like a key or a password are censored).
//
// It is made when the first line is written: most threads never write one, and the library takes 3 MB
// of each that loads it.
//
// The level lies in memory that the main thread hands to every thread it starts: set there, it holds in all of
// them from their next line on.
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'
import type { DestinationStream, Logger } from 'pino'

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const

/** What of the logger is used. */
export interface Log extends Pick<Logger, (typeof LEVELS)[number]> {
  level: string
  /** The same with fields on every line. */
  child(fields: Record<string, unknown>): Log
}

const NAMES = ['trace', ...LEVELS, 'silent']
const SHARED = 'calliope log level'

let made: Logger | undefined
const place = new Int32Array(sharedMemory())

function sharedMemory(): SharedArrayBuffer {
  const known: unknown = isMainThread ? undefined : getEnvironmentData(SHARED)
  if (known instanceof SharedArrayBuffer) return known
  const memory = new SharedArrayBuffer(4)
  new Int32Array(memory)[0] = placeOf(process.env.CALLIOPE_LOG_LEVEL ?? 'info')
  if (isMainThread) setEnvironmentData(SHARED, memory)
  return memory
}

function placeOf(level: string): number {
  const found = NAMES.indexOf(level)
  return found < 0 ? NAMES.indexOf('info') : found
}

const level = (): string => NAMES[place[0]!]!

function root(): Logger {
  made ??= make()
  if (made.level !== level()) made.level = level()
  return made
}

function make(): Logger {
  // Not `await import`: the first line may be the last one before an exit.
  const pino = require('pino') as typeof import('pino').default
  return pino(
    {
      level: level(),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', 'token', 'authKey', 'secret', '*.password', '*.token', '*.authKey'],
        censor: '[hidden]',
      },
    },
    toStderr(pino),
  )
}

// stderr, so that what a command prints for people or pipes stays clean. Written at once: the last line before
// an exit is the one that says why. A terminal or pipe that has gone is no reason to end.
function toStderr({ destination }: typeof import('pino').default): DestinationStream {
  const stderr = destination({ dest: 2, sync: true })
  stderr.on('error', () => {})
  return stderr
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
          // One that was made before the level changed would keep its own.
          if (child?.level !== level()) child = logger().child(fields)
          return child
        })
      },
    },
    'level',
    { get: level, set: setLevel },
  )
}

function setLevel(wanted: string): void {
  place[0] = placeOf(wanted)
}

/** Structured logger; the field `room` says where a line comes from. */
export const log: Log = lazily(root)
