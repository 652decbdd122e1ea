// From the configuration's words to each room's options.
import { join } from 'node:path'
import type { Config } from '#config'
import type { IntakeOptions, LaneStorage } from '#intake'
import type { Spool } from '#spool'
import type { StoreOptions } from '#store'
import { filterCounts } from './filter-metrics.ts'
import { filterOptions } from './filter-options.ts'
import { layoutOptions } from './node-layouts.ts'

/** How lanes are kept on disk. */
export const laneStorage = (config: Config, directory: string): LaneStorage => ({
  directory,
  bytesMax: config['spool.bytes_max'],
  fileBytesMax: config['spool.file_bytes_max'],
  flushMs: config['spool.flush'],
  syncMs: config['spool.sync'],
})

export const intakeOptions = (
  config: Config,
  directory: string,
  issued?: SharedArrayBuffer,
): IntakeOptions => ({
  storage: laneStorage(config, directory),
  udp: config['hep.udp'],
  tcp: config['hep.tcp'],
  tls: config['hep.tls'],
  ws: config['hep.ws'],
  tlsFiles: {
    cert: config['hep.tls_cert'],
    key: config['hep.tls_key'],
    ...(config['hep.tls_client_ca'] ? { clientCa: config['hep.tls_client_ca'] } : {}),
  },
  policy: {
    allow: config['intake.allow'],
    keys: config['intake.keys'],
    issued,
    framesPerSecondMax: config['intake.source_rate_max'],
  },
  udpShards: config['intake.shards'],
  receiveBufferBytes: config['intake.receive_buffer'],
  connectionsMax: config['intake.connections_max'],
  connectionAgeMs: config['intake.connection_age_max'],
})

export const storeOptions = (config: Config, spool: Spool, version: string): StoreOptions => ({
  database:
    config.database === 'embedded'
      ? { embeddedDirectory: join(config.data_dir, 'postgres') }
      : { url: config.database },
  spool: { id: spool.id, directory: spool.directory },
  node: config.node,
  version,
  batchBytes: config['store.batch_bytes'],
  batchWaitMs: config['store.batch_wait'],
  answerMsMax: config['store.answer_max'],
  partitionMs: config['store.partition'],
  retentionMs: config['store.retention'],
  bytesMax: config['store.bytes_max'],
  diskPercent: config['store.disk_percent'],
  merge: {
    isOn: config['store.merge'] === 'on',
    afterMs: config['store.merge_after'],
    share: config['store.merge_cpu'] / 100,
  },
  filter: filterOptions(config),
  filterCounts: filterCounts.memory,
  customHeaders: config['store.custom_headers'],
  ...layoutOptions(config),
})
