// Every metric of the program, by registering them all with nobody behind them: that reads nothing, only a
// scrape would.
import { EMF_METRICS } from '#fleet'
import { METER_METRICS, publishMeter } from '#meter'
import { registry } from '#metrics'
import { publishNodeMetrics } from '../../src/commands/node-metrics.ts'
import { publishRelayMetrics } from '../../src/commands/relay-metrics.ts'
import '../../src/api/http/http-metrics.ts'

export interface RegisteredMetric {
  readonly name: string
  readonly help: string
}

const SIP_NAMES = new Set(METER_METRICS.map(({ name }) => name))

/** Names and help texts, those of relays last, by name. */
export const registeredMetrics: readonly RegisteredMetric[] = (() => {
  const nobody = {} as never
  const none = () => nobody
  publishNodeMetrics({
    ...{ ledger: none, pending: none, store: none, homer7: none, load: none, skew: none },
    ...{ isReady: none, intake: nobody, spool: nobody },
  })
  publishRelayMetrics({ carriers: [] } as never, () => [])
  publishMeter(registry, nobody)
  const isRelay = (name: string) => (name.startsWith('calliope_relay') ? 1 : 0)
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => !SIP_NAMES.has(name))
    .map(({ name, help }) => ({ name, help }))
    .sort((a, b) => isRelay(a.name) - isRelay(b.name) || (a.name < b.name ? -1 : 1))
})()

/** Of SIP and media: labels too. */
export const sipMetrics = METER_METRICS

/** docs/metrics.md, with its tables between their marks printed anew. */
export function metricsManual(text: string): string {
  const rows = registeredMetrics.map(({ name, help }) => `| \`${name}\` | ${help} |`)
  const emf = EMF_METRICS.map(
    ({ name, unit, resolution }) => `| \`${name}\` | ${unit} | ${resolution} |`,
  )
  const sip = METER_METRICS.map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
  )
  return text
    .replace(
      between('sip metrics'),
      `$1| metric | is a | labels | of |\n| --- | --- | --- | --- |\n${sip.join('\n')}\n$2`,
    )
    .replace(between('metrics'), `$1| metric | is |\n| --- | --- |\n${rows.join('\n')}\n$2`)
    .replace(
      between('emf'),
      `$1| metric | unit | resolution, s |\n| --- | --- | ---: |\n${emf.join('\n')}\n$2`,
    )
}

const between = (name: string): RegExp =>
  new RegExp(`(<!-- ${name}:.*?-->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
