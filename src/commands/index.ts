// The commands: each joins rooms for one purpose; nothing else may.
export { checkConfig } from './check-config.ts'
export { runCommand } from './command.ts'
