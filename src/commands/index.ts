// The commands: each joins rooms for one purpose; nothing else may.
export { call } from './call.ts'
export { checkConfig } from './check-config.ts'
export { runCommand } from './command.ts'
export { doctor } from './doctor.ts'
export { load } from './load.ts'
export { search } from './search.ts'
export { tail } from './tail.ts'
export { capture, serve, up } from './up.ts'
