// `npm run manual`: writes what is printed from code: the settings in docs/, the chart's schema and table,
// the dashboards.
import { heplifyManual } from '../src/config/heplify/report.ts'
import { settingsManual } from '../src/config/manual.ts'
import { dashboardFiles } from './dashboards/dashboard-files.ts'
import { metricsManual } from './dashboards/registered.ts'
import { chartFiles } from './helm/chart-files.ts'

await writeBetween('../docs/configuration.md', 'settings', settingsManual())
await writeBetween('../docs/from-heplify-server.md', 'heplify keys', heplifyManual())

// The chart knows every setting by name.
for (const file of await chartFiles()) await Bun.write(file.path, file.text)

for (const file of dashboardFiles()) await Bun.write(file.path, file.text)

const metrics = new URL('../docs/metrics.md', import.meta.url)
await Bun.write(metrics, metricsManual(await Bun.file(metrics).text()))

// Between `<!-- NAME: … -->` and `<!-- /NAME -->`.
async function writeBetween(page: string, name: string, table: string): Promise<void> {
  const path = new URL(page, import.meta.url)
  const text = await Bun.file(path).text()
  const between = new RegExp(`(<!-- ${name}:.*?-->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
  await Bun.write(
    path,
    text.replace(between, (_, open, close) => `${open}${table}\n${close}`),
  )
}
