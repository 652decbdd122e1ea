// The commands of the program: a table of contents.
import {
  call,
  capture,
  checkConfig,
  doctor,
  fleet,
  handOver,
  health,
  load,
  migrate,
  policy,
  relay,
  runCommand,
  search,
  serve,
  simulate,
  tail,
  up,
  user,
} from '#commands'

const commands = {
  up,
  capture,
  serve,
  load,
  search,
  call,
  tail,
  doctor,
  fleet,
  health,
  policy,
  simulate,
  relay,
  migrate,
  user,
  'hand-over': handOver,
  'check-config': checkConfig,
}

process.exit(await runCommand(commands, process.argv.slice(2)))
