export type * from './call-state.ts'
export type * from './message.ts'
