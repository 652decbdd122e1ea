// The pages, and what belongs to the person rather than to a page.
import { Account } from '../login/account.tsx'
import { hrefOf } from './address.ts'
import { showKeyHelp } from './key-help.tsx'
import { lastSearch } from './last-search.ts'
import type { PageName } from './page-paths.ts'
import { useTheme } from './theme.ts'

const LINKS = [
  ['search', 'Search'],
  ['overview', 'Overview'],
  ['fleet', 'Fleet'],
  ['ingest', 'Ingest'],
  ['settings', 'Settings'],
] as const

/** The top of every page. */
export function NavBar({ page }: { page: PageName }) {
  const [theme, nextTheme] = useTheme()
  return (
    <header class="nav">
      <a class="brand" href="/" title="Calliope: everything of late, newest first">
        <Mark />
        <b>Calliope</b>
      </a>
      <nav aria-label="Pages">
        {LINKS.map(([name, label]) => (
          <a
            key={name}
            // The search as it was left, not an empty one.
            href={name === 'search' ? lastSearch() : hrefOf(name)}
            aria-current={
              name === page || (name === 'search' && page === 'call') ? 'page' : undefined
            }
          >
            {label}
          </a>
        ))}
      </nav>
      <span class="own">
        <Account />
        <button type="button" class="quiet" onClick={nextTheme} title={`Colours: ${theme}`}>
          <span aria-hidden="true">{{ system: '◐', light: '☀', dark: '☾' }[theme]}</span>
          <span class="sr">Colours: {theme}</span>
        </button>
        <button type="button" class="quiet" onClick={showKeyHelp} title="Keys (?)">
          <span aria-hidden="true">?</span>
          <span class="sr">Keys</span>
        </button>
      </span>
    </header>
  )
}

const Mark = () => (
  <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
    <rect width="32" height="32" rx="7" fill="#3b5bdb" />
    <g stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" fill="none">
      <path d="M8 6v20M24 6v20" opacity=".55" />
      <path d="M8 12h15m-4-4 4 4-4 4M24 21H9m4-4-4 4 4 4" />
    </g>
  </svg>
)
