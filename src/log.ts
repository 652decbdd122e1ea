// One logger for the process. Every line is JSON with a message that names what happened, where and
// with which value; secrets never reach it (fields named like a key or a password are censored).
import pino from 'pino'

/** Structured logger; `log.child({ room: 'intake' })` names the room a line comes from. */
export const log = pino(
  {
    level: process.env.CALLIOPE_LOG_LEVEL ?? 'info',
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
