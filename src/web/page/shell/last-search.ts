// The search as it was last looked at: other pages link back to it, not to an empty one. Kept for the
// tab only, because two tabs look for two things.
const KEY = 'calliope.search'

/** Its address. */
export const lastSearch = (): string => sessionStorage.getItem(KEY) ?? '/'

/** Called by the search whenever it changes. */
export const rememberSearch = (href: string): void => sessionStorage.setItem(KEY, href)
