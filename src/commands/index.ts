// The commands: each joins rooms for one purpose; nothing else may. One is loaded when it is asked for: a
// capture node does not hold the simulator in memory, and `calliope search` need not wait for it.
export { runCommand } from './command.ts'

export const up = () => import('./up.ts').then(({ up }) => up)
export const capture = () => import('./up.ts').then(({ capture }) => capture)
export const serve = () => import('./up.ts').then(({ serve }) => serve)
export const load = () => import('./load.ts').then(({ load }) => load)
export const search = () => import('./search.ts').then(({ search }) => search)
export const call = () => import('./call.ts').then(({ call }) => call)
export const tail = () => import('./tail.ts').then(({ tail }) => tail)
export const doctor = () => import('./doctor.ts').then(({ doctor }) => doctor)
export const fleet = () => import('./fleet.ts').then(({ fleet }) => fleet)
export const health = () => import('./health.ts').then(({ health }) => health)
export const policy = () => import('./policy.ts').then(({ policy }) => policy)
export const simulate = () => import('./simulate.ts').then(({ simulate }) => simulate)
export const relay = () => import('./relay.ts').then(({ relay }) => relay)
export const migrate = () => import('./migrate.ts').then(({ migrate }) => migrate)
export const shadow = () => import('./shadow.ts').then(({ shadow }) => shadow)
export const script = () => import('./script.ts').then(({ script }) => script)
export const user = () => import('./user.ts').then(({ user }) => user)
export const handOver = () => import('./hand-over.ts').then(({ handOver }) => handOver)
export const checkConfig = () => import('./check-config.ts').then(({ checkConfig }) => checkConfig)
