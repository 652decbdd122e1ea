// The pages. To plug one in: export one component from a file in a folder of its own, named below;
// it gets the address and nothing else, imports its own css, and becomes a chunk of its own.
//
//   export function OverviewPage({ address }: PageProps) { … }     overview/overview-page.tsx
//
// Change the address with changeQuery and openPage, link with <a href={hrefOf('call', callId)}>: links
// between pages are followed without a reload. Set the title with useTitle, keys with useKeys, and
// tell the '?' help about them with useKeyHelp.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { SearchPage } from '../search/search-page.tsx'
import type { Address } from './address.ts'
import type { PageName } from './page-paths.ts'

/** What a page is given. */
export interface PageProps {
  readonly address: Address
}

type Page = ComponentType<PageProps>

/** Where each page is; the search is what nearly everybody wants first, so it comes at once. */
const LOADERS: Readonly<Record<Exclude<PageName, 'search'>, () => Promise<Page>>> = {
  call: async () => (await import('../call/call-page.tsx')).CallPage,
  overview: async () => (await import('../overview/overview-page.tsx')).OverviewPage,
  fleet: async () => (await import('../fleet/fleet-page.tsx')).FleetPage,
  ingest: async () => (await import('../doctor/doctor-page.tsx')).DoctorPage,
  settings: async () => (await import('../settings/settings-page.tsx')).SettingsPage,
  login: async () => (await import('../login/login-page.tsx')).LoginPage,
  share: async () => (await import('../share/share-page.tsx')).SharePage,
}

const loaded = new Map<PageName, Page>([['search', SearchPage]])

/** The page the address names, once it is there. */
export function CurrentPage({ address }: PageProps) {
  const { page } = address
  const [, setArrived] = useState(0)
  const [failed, setFailed] = useState<PageName>()
  const Component = loaded.get(page)
  useEffect(() => {
    if (page === 'search' || loaded.has(page)) return
    LOADERS[page]().then(
      (component) => {
        loaded.set(page, component)
        setArrived((n) => n + 1)
      },
      // The server was replaced by a newer one under an open page: its files have other names now.
      () => setFailed(page),
    )
  }, [page])
  if (Component) return <Component address={address} />
  if (failed !== page) return <p class="page-wait" aria-busy="true" />
  return (
    <p class="error page-wait" role="alert">
      <strong>This page could not be loaded.</strong> Calliope may have been updated:{' '}
      <a href={location.href} target="_self">
        reload
      </a>
      .
    </p>
  )
}
