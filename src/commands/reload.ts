// SIGHUP: the configuration is read again, from wherever it was read at the start, and what can change while
// all goes on is changed. The log says what was taken and what waits for a restart; of a configuration with a
// mistake nothing is taken.
//
//   log.level                          in every thread
//   meter.targets                      metrics tell other hosts apart
//   filter.*, store.discard_methods    all that read messages, and the scripts' files are read again
//   store.censor_methods
import { type Config, loadConfig } from '#config'
import type { FilterOptions } from '#filter'
import { log } from '#log'
import { checkFilter, filterOptions } from './filter-options.ts'

/** What of something that runs can change. */
export interface Reloadable {
  /** Hosts that metrics tell apart. */
  setTargets?(targets: readonly string[]): void
  /** The options were tried. */
  setFilter?(filter: FilterOptions): Promise<void>
}

/** Gives what SIGHUP does to what was started with `config`, which was read with `argv`. */
export function reloading(
  config: Config,
  argv: readonly string[],
  running: Reloadable = {},
): () => Promise<void> {
  const reload = new Reload(config, running)
  return async () => {
    try {
      const { config: wanted, databaseAgain, homer7Again } = await loadConfig(argv)
      // A login that changes is asked for when the database refuses the old one.
      await reload.take(wanted, [
        ...(databaseAgain ? ['database'] : []),
        ...(homer7Again ? ['homer7.database'] : []),
      ])
    } catch (error) {
      log.error(
        { error: (error as Error).message },
        'SIGHUP: the configuration has a mistake; nothing changes',
      )
    }
  }
}

const isFilterKey = (key: string): boolean =>
  /^filter\.|^store\.(discard|censor)_methods$/.test(key)

class Reload {
  readonly #running: Reloadable
  /** In force: what was taken, and of the rest what it was started with. */
  #config: Config
  #filter: FilterOptions

  constructor(config: Config, running: Reloadable) {
    this.#running = running
    this.#config = config
    this.#filter = filterOptions(config)
  }

  async take(wanted: Config, keptElsewhere: readonly string[]): Promise<void> {
    const changed = differing(this.#config, wanted)
    const hasFilter = await this.#takeFilter(filterOptions(wanted))
    const taken = changed.filter(
      (key) => (hasFilter && isFilterKey(key)) || this.#takeSetting(key, wanted),
    )
    const values = Object.fromEntries(taken.map((key) => [key, wanted[key]]))
    this.#config = { ...this.#config, ...values }
    const others = changed.filter((key) => !taken.includes(key))
    const hasScripts = hasFilter && !taken.some(isFilterKey)
    tell(
      hasScripts ? [...taken, 'filter.scripts'] : taken,
      others.filter((key) => !keptElsewhere.includes(key)),
    )
  }

  async #takeFilter(filter: FilterOptions): Promise<boolean> {
    const { setFilter } = this.#running
    if (setFilter === undefined || Bun.deepEquals(filter, this.#filter)) return false
    await checkFilter(filter)
    await setFilter(filter)
    this.#filter = filter
    return true
  }

  #takeSetting(key: keyof Config, wanted: Config): boolean {
    switch (key) {
      case 'log.level':
        log.level = wanted[key]
        return true
      case 'meter.targets':
        this.#running.setTargets?.(wanted[key])
        return this.#running.setTargets !== undefined
      default:
        return false
    }
  }
}

const differing = (a: Config, b: Config): (keyof Config)[] =>
  (Object.keys(b) as (keyof Config)[]).filter((key) => !Bun.deepEquals(a[key], b[key]))

function tell(taken: readonly string[], waiting: readonly string[]): void {
  const said = 'SIGHUP: the configuration was read again'
  if (waiting.length > 0) log.warn({ taken, waiting }, `${said}; some of it waits for a restart`)
  else if (taken.length > 0) log.info({ taken }, said)
  else log.info(`${said}; nothing in it has changed`)
}
