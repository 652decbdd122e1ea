// The sets of values in deploy/helm/calliope/ci, where chart-testing looks for them too, rendered once.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { CHART, type ChartValues, type Manifest, renderChart } from './render-chart.ts'

export const CI_NAMES: readonly string[] = readdirSync(join(CHART, 'ci'))
  .map((file) => file.replace('-values.yaml', ''))
  .sort()

/** The values of ci/NAME-values.yaml. */
export const ciValues = async (name: string): Promise<ChartValues> =>
  parse(await Bun.file(join(CHART, 'ci', `${name}-values.yaml`)).text(), {
    ...{ version: '1.1', merge: true },
  })

const rendered = new Map<string, Promise<Manifest[]>>()

/** What the chart makes of ci/NAME-values.yaml. */
export function ciManifests(name: string): Promise<Manifest[]> {
  const known = rendered.get(name) ?? ciValues(name).then(renderChart)
  rendered.set(name, known)
  return known
}
