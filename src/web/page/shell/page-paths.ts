// Which addresses are pages. The server answers all of them with the same file, the router in that
// file says which page it is; both go by this, so it imports nothing.

/** Every page but the search, which is at '/'. */
export const PAGE_NAMES = [
  'call',
  'overview',
  'fleet',
  'ingest',
  'settings',
  'login',
  'share',
] as const
export type PageName = 'search' | (typeof PAGE_NAMES)[number]

/** '/call/CALLID', '/settings', '/settings/users'; never '/api/…' or a file. */
export const PAGE_PATH: RegExp = new RegExp(`^/(${PAGE_NAMES.join('|')})(?:/([^/]*))?$`)
