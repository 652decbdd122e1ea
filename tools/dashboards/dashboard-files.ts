// The dashboards as files; `npm run manual` writes them, a test compares them.
import { cloudwatchDashboard } from './cloudwatch.ts'
import { grafanaDashboard } from './grafana.ts'

const path = (name: string) => new URL(`../../deploy/dashboards/${name}`, import.meta.url).pathname

export const dashboardFiles = () => [
  { path: path('grafana-calliope.json'), text: print(grafanaDashboard()) },
  { path: path('cloudwatch-calliope.json'), text: print(cloudwatchDashboard()) },
]

const print = (dashboard: unknown): string => `${JSON.stringify(dashboard, null, 2)}\n`
