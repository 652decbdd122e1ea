// Which tables a node writes, from the configuration's words to the store's options.
import type { Config } from '#config'
import { describeUrl, type Homer7Settings, type LayoutOptions, type Store } from '#store'
import { VERSION } from './command.ts'

/** Names of the spool's readers, one for each layout. */
export const layoutReaders = ({ 'store.layouts': layouts }: Config): readonly string[] =>
  layouts.map((layout) => (layout === 'calls' ? 'store' : layout))

/** The layouts, and what homer7's tables are like. */
export const layoutOptions = (config: Config): LayoutOptions => ({
  layouts: config['store.layouts'],
  homer7: homer7Settings(config),
})

/** What the homer7 layout counts; undefined where it is not written. */
export const homer7SignalsOf = (config: Config, store: Store) =>
  config['store.layouts'].includes('homer7') ? () => store.homer7Signals() : undefined

interface Told {
  readonly store: Pick<Store, 'database'>
  listening(): { transport: string; address: string }[]
}

/** For the screen: where HEP goes, and where messages lie. */
export function aboutNode(config: Config, node: Told) {
  const layouts = config['store.layouts']
  const about = { version: VERSION, hep: node.listening(), layouts }
  if (!layouts.includes('homer7')) return about
  const url = config['homer7.database']
  return { ...about, homer7: url === 'store' ? node.store.database : describeUrl(url) }
}

const DAY_MS = 86_400_000
/** What is kept for good is believed to be from any time since there is SIP. */
const EVER_DAYS = 36_500

function homer7Settings(config: Config): Homer7Settings {
  const database = config['homer7.database']
  const all = config['homer7.drop_days']
  const daysOf = (own: number) => own || all
  const dropDays = {
    call: daysOf(config['homer7.drop_days_call']),
    registration: daysOf(config['homer7.drop_days_register']),
    default: daysOf(config['homer7.drop_days_default']),
    other: all,
  }
  const isRotated = config['homer7.rotate'] === 'on'
  const longestDays = isRotated
    ? Math.max(...Object.values(dropDays).map((days) => days || EVER_DAYS))
    : EVER_DAYS
  return {
    ...(database === 'store' ? {} : { url: database }),
    connections: config['homer7.connections'],
    batchBytes: config['homer7.batch_bytes'],
    indexes: config['homer7.indexes'],
    rotate: isRotated,
    partitionMs: {
      sip: config['homer7.partition_sip'],
      log: config['homer7.partition_log'],
      isup: config['homer7.partition_isup'],
      qos: config['homer7.partition_qos'],
    },
    retention: {
      ...{ dropDays, bytesMax: config['homer7.bytes_max'] },
      diskPercent: config['store.disk_percent'],
    },
    behindMsMax: longestDays * DAY_MS,
    sipHeaders: config['homer7.sip_headers'],
    customHeaders: config['store.custom_headers'],
    forcePayloadTypes: config['homer7.force_hep_payload'],
  }
}
