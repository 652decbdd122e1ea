// What filters did, for Prometheus: of the reader whose counts are those of the ledger, the store; in a relay
// of its outlets.
import { type FilterCount, FilterCounts } from '#filter'
import { Counter, registry } from '#metrics'

/** Where the store's filter counts, or those of a relay's outlets. */
export const filterCounts = new FilterCounts()

const MESSAGES: Readonly<Record<string, FilterCount>> = {
  ...{ discarded: 'discarded', duplicate: 'duplicates', censored: 'censored', aleg_id: 'alegIds' },
}
const SCRIPTS: Readonly<Record<string, FilterCount>> = {
  ...{ run: 'scriptRuns', changed: 'scriptChanges', failed: 'scriptErrors' },
  ...{ timed_out: 'scriptTimeouts', skipped: 'scriptSkipped' },
}

/** Registers the metrics of filters; they are read at every scrape. */
export function publishFilterMetrics(): void {
  byOutcome('filter_messages_total', 'Messages that filters did something to.', MESSAGES)
  byOutcome(
    'script_packets_total',
    'Packets that scripts ran over, and what came of it; failed and timed_out went on unchanged.',
    SCRIPTS,
  )
  single('script_seconds_total', 'Time scripts took.', () => filterCounts.get('scriptMs') / 1000)
  single('script_restarts_total', 'Times scripts were begun anew for what they kept.', () =>
    filterCounts.get('scriptRestarts'),
  )
}

function byOutcome(
  name: string,
  help: string,
  counts: Readonly<Record<string, FilterCount>>,
): void {
  const metric: Counter = new Counter({
    ...{ name: `calliope_${name}`, help, labelNames: ['outcome'], registers: [registry] },
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(counts))
        metric.inc({ outcome }, filterCounts.get(count))
    },
  })
}

function single(name: string, help: string, read: () => number): void {
  new Counter({
    ...{ name: `calliope_${name}`, help, registers: [registry] },
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
