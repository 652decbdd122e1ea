// `npm run manual`: writes what is printed from code: the settings in docs/, the chart's schema and table,
// the dashboards.
import { settingsManual } from '../src/config/manual.ts'
import { dashboardFiles } from './dashboards/dashboard-files.ts'
import { metricsManual } from './dashboards/registered.ts'
import { chartFiles } from './helm/chart-files.ts'

const path = new URL('../docs/configuration.md', import.meta.url)
const text = await Bun.file(path).text()
await Bun.write(
  path,
  text.replace(
    /(<!-- settings:.*?-->\n)[\s\S]*?(<!-- \/settings -->)/,
    (_, open, close) => `${open}${settingsManual()}\n${close}`,
  ),
)

// The chart knows every setting by name.
for (const file of await chartFiles()) await Bun.write(file.path, file.text)

for (const file of dashboardFiles()) await Bun.write(file.path, file.text)

const metrics = new URL('../docs/metrics.md', import.meta.url)
await Bun.write(metrics, metricsManual(await Bun.file(metrics).text()))
