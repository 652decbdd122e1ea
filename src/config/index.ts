// What the user asked for: one table of settings, read from calliope.toml, environment and flags.
export { explainConfig, showAddress, showValue } from './explain.ts'
export { type FlagTable, nearest, type Problem, UsageError } from './flags.ts'
export { type ReportLine, showReport, sumUp } from './heplify/index.ts'
export type { HostPort } from './kinds.ts'
export * as kinds from './kinds.ts'
export { CONFIG_FLAGS, type LoadedConfig, loadConfig } from './load-config.ts'
export { type ParsedFlags, parseFlags } from './parse-flags.ts'
export { type Config, flagOf, type Setting, setting } from './settings.ts'
