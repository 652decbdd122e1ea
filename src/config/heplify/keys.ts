// Every key of heplify-server.toml, in the order of the manual. Found without regard to case, as there.
import { DATABASE_KEYS } from './database-keys.ts'
import { FILTER_KEYS, LOG_KEYS } from './filter-keys.ts'
import type { HeplifyKeys } from './heplify-key.ts'
import { LISTEN_KEYS } from './listen-keys.ts'
import { OUTLET_KEYS } from './outlet-keys.ts'

export const HEPLIFY_KEYS: HeplifyKeys = {
  ...LISTEN_KEYS,
  ...DATABASE_KEYS,
  ...FILTER_KEYS,
  ...OUTLET_KEYS,
  ...LOG_KEYS,
}

const BY_LOWER_CASE = new Map(Object.keys(HEPLIFY_KEYS).map((key) => [key.toLowerCase(), key]))

/** The key of this name, in whatever case it is written. */
export const keyNamed = (name: string): string | undefined => BY_LOWER_CASE.get(name.toLowerCase())

export const LOWER_CASE_NAMES: readonly string[] = [...BY_LOWER_CASE.keys()]
