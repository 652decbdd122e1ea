// `npm run manual`: writes the parts of docs/ that are printed from code.
import { settingsManual } from '../src/config/manual.ts'

const path = new URL('../docs/configuration.md', import.meta.url)
const text = await Bun.file(path).text()
await Bun.write(
  path,
  text.replace(
    /(<!-- settings:.*?-->\n)[\s\S]*?(<!-- \/settings -->)/,
    (_, open, close) => `${open}${settingsManual()}\n${close}`,
  ),
)
