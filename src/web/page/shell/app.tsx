// The frame around every page.
//
//   ┌ NavBar ───────────────────────────┐
//   │ the page the address names        │
//   └ LedgerLine ───────────────────────┘   and over it: KeyHelp, Toasts
import { useEffect } from 'preact/hooks'
import { LedgerLine } from '../doctor/ledger-line.tsx'
import { Toasts } from '../parts/toasts.tsx'
import { followLinks, openPage, useAddress } from './address.ts'
import { KeyHelp } from './key-help.tsx'
import { NavBar } from './nav-bar.tsx'
import { CurrentPage } from './pages.tsx'
import { useKeys } from './use-keys.ts'

/** Everything on the page. */
export function App() {
  const address = useAddress()
  const { page } = address
  useEffect(() => {
    document.addEventListener('click', followLinks)
    return () => document.removeEventListener('click', followLinks)
  }, [])
  // The search has this key itself; from everywhere else it leads there.
  useKeys(page === 'search' || isBare(page) ? {} : { '/': () => openPage('search') })
  return (
    <>
      {!isBare(page) && <NavBar page={page} />}
      <main data-page={page}>
        <CurrentPage address={address} />
      </main>
      {!isBare(page) && <LedgerLine />}
      <KeyHelp />
      <Toasts />
    </>
  )
}

// Who has not logged in, or has a link to one call only, has nowhere else to go.
const isBare = (page: string): boolean => page === 'login' || page === 'share'
