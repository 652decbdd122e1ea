// Every metric of the program, by registering them all with nobody behind them: that reads nothing, only a
// scrape would.
import { EMF_METRICS } from '#fleet'
import { registry } from '#metrics'
import { publishNodeMetrics } from '../../src/commands/node-metrics.ts'
import { publishRelayMetrics } from '../../src/commands/relay-metrics.ts'
import '../../src/api/http/http-metrics.ts'

export interface RegisteredMetric {
  readonly name: string
  readonly help: string
}

/** Names and help texts, those of relays last, by name. */
export const registeredMetrics: readonly RegisteredMetric[] = (() => {
  const nobody = {} as never
  const none = () => nobody
  publishNodeMetrics({
    ...{ ledger: none, pending: none, store: none, load: none, skew: none, isReady: none },
    ...{ intake: nobody, spool: nobody },
  })
  publishRelayMetrics({ carriers: [] } as never, () => [])
  const isRelay = (name: string) => (name.startsWith('calliope_relay') ? 1 : 0)
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('calliope_'))
    .map(({ name, help }) => ({ name, help }))
    .sort((a, b) => isRelay(a.name) - isRelay(b.name) || (a.name < b.name ? -1 : 1))
})()

/** docs/metrics.md, with its tables between their marks printed anew. */
export function metricsManual(text: string): string {
  const rows = registeredMetrics.map(({ name, help }) => `| \`${name}\` | ${help} |`)
  const emf = EMF_METRICS.map(
    ({ name, unit, resolution }) => `| \`${name}\` | ${unit} | ${resolution} |`,
  )
  return text
    .replace(between('metrics'), `$1| metric | is |\n| --- | --- |\n${rows.join('\n')}\n$2`)
    .replace(
      between('emf'),
      `$1| metric | unit | resolution, s |\n| --- | --- | ---: |\n${emf.join('\n')}\n$2`,
    )
}

const between = (name: string): RegExp =>
  new RegExp(`(<!-- ${name}:.*?-->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
