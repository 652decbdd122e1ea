// The metrics of SIP and media of a node, when they are asked for.
import type { Config } from '#config'
import { METER_READER, publishMeter, type RunningMeter, startMeter } from '#meter'
import { registry } from '#metrics'
import type { Spool } from '#spool'
import { filterOptions } from './filter-options.ts'

/** A share of the spool is the most that may wait for metrics. */
const BEHIND_SHARE = 1 / 8
const BEHIND_BYTES_MAX = 1e9

/** The meter's name among the spool's readers, when there is one. */
export const meterReaders = (config: Config): readonly string[] =>
  config['meter.sip'] === 'on' ? [METER_READER] : []

/** Starts it; undefined when nobody asked for it. */
export function startNodeMeter(config: Config, spool: Spool): RunningMeter | undefined {
  if (config['meter.sip'] === 'off') return undefined
  const meter = startMeter({
    spoolDirectory: spool.directory,
    filter: filterOptions(config),
    targets: config['meter.targets'],
    sinceUs: Date.now() * 1000,
    behindBytesMax: Math.min(BEHIND_BYTES_MAX, spool.bytesMax * BEHIND_SHARE),
  })
  publishMeter(registry, meter)
  return meter
}
