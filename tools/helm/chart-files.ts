// The chart's files that are printed and not written: a test holds them against what would be printed.
import { join } from 'node:path'
import { CHART } from './render-chart.ts'
import { readValues, type ValueRow } from './values-schema.ts'

export interface ChartFile {
  readonly path: string
  readonly text: string
}

/** values.schema.json and README.md as they should be. */
export async function chartFiles(): Promise<ChartFile[]> {
  const { schema, rows } = readValues(await Bun.file(join(CHART, 'values.yaml')).text())
  const readme = join(CHART, 'README.md')
  return [
    { path: join(CHART, 'values.schema.json'), text: `${JSON.stringify(schema, null, 2)}\n` },
    { path: readme, text: withTable(await Bun.file(readme).text(), rows) },
  ]
}

const withTable = (text: string, rows: readonly ValueRow[]): string =>
  text.replace(
    /(<!-- values:.*?-->\n)[\s\S]*?(<!-- \/values -->)/,
    (_, open, close) => `${open}${table(rows)}\n${close}`,
  )

const table = (rows: readonly ValueRow[]): string =>
  [
    '| value | default | what it does |',
    '| --- | --- | --- |',
    ...rows.map(({ path, byDefault, help }) => `| \`${path}\` | ${cell(byDefault)} | ${help} |`),
  ].join('\n')

/** A default as code; long ones are to be looked up. */
const cell = (json: string): string =>
  json.length > 60 ? 'see values.yaml' : `\`${json.replaceAll('|', '\\|')}\``
