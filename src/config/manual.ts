// docs/configuration.md's table of settings, printed from SETTINGS so that it cannot go stale; a
// test compares the two and says which command writes it anew.

import { showValue } from './explain.ts'
import { environmentOf, flagOf, SETTINGS, type Setting } from './settings.ts'

/** The settings table in Markdown. */
export function settingsManual(): string {
  const rows = Object.entries(SETTINGS).map(([key, entry]) => {
    const setting = entry as Setting<unknown>
    const byDefault = key === 'node' ? 'host name' : showValue(key, setting.byDefault, setting)
    return `| \`${key}\` | \`--${flagOf(key, setting)}\` | \`${environmentOf(key, setting)}\` | ${byDefault} | ${setting.help.replaceAll('|', '\\|')} |`
  })
  return [
    '| calliope.toml | flag | environment | default | what it does |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
