// Runs a program under the installed Bun as if it stood in our place: same terminal, signals passed
// on, its exit code ours. (Node 20 cannot replace its own process image.)
import { spawn } from 'node:child_process'
import { bunBinary } from './install.mjs'

/** Ends this process with the exit code of `bun ...args`. */
export function becomeBun(args, options = {}) {
  const child = spawn(bunBinary(), args, { stdio: 'inherit', ...options })
  // A terminal's Ctrl-C reaches the child by itself: passed on, it would arrive twice.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  endWithParent(child)
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 143)))
}

// npm passes SIGTERM on to the shell it started us in. `exec` in our scripts puts us in the shell's place;
// started by others without it, the shell dies and tells nobody, and the program would go on alone, with
// the ports taken.
function endWithParent(child) {
  const { ppid } = process
  if (!process.env.npm_lifecycle_event) return
  const watch = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 200)
}
