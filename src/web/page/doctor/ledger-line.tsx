// Every packet, and what became of it: the promise of the program, always in sight.
import { useEffect, useState } from 'preact/hooks'
import './ledger-line.css'
import type { Ledger } from '#contract'
import { showCount } from '../parts/format.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'

const EVERY_MS = 3_000

/** The foot of the page. */
export function LedgerLine() {
  const [tick, setTick] = useState(0)
  useEffect(() => {
    // A page nobody looks at asks nothing.
    const timer = setInterval(() => document.hidden || setTick((n) => n + 1), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  // The path stays the same, so the last counts stay in sight while the next are asked for.
  const { value, failure } = useAnswer<Ledger>(apiPath('ledger'), tick)
  return (
    <footer class="ledger">
      {failure && (
        <span class="bad" role="alert">
          {failure.message}
        </span>
      )}
      {value && <Counts ledger={value} />}
      <span class="keys">
        <kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>Esc</kbd> back
      </span>
    </footer>
  )
}

function Counts({ ledger }: { ledger: Ledger }) {
  const { received, stored, pending, rejected, dropped, balanced } = ledger
  return (
    <>
      <Count name="received" count={received} />
      <Count name="stored" count={stored} />
      <Count name="pending" count={pending} />
      <Count name="rejected" count={rejected.total} reasons={rejected.byReason} mood="warn" />
      <Count name="dropped" count={dropped.total} reasons={dropped.byReason} mood="bad" />
      <span
        class={balanced ? 'balanced' : 'bad'}
        title="received = stored + rejected + dropped + pending"
      >
        {balanced ? '✓ balanced' : '✗ does not add up'}
      </span>
    </>
  )
}

interface CountProps {
  readonly name: string
  readonly count: number
  readonly reasons?: Readonly<Record<string, number>>
  readonly mood?: 'warn' | 'bad'
}

function Count({ name, count, reasons = {}, mood }: CountProps) {
  const listed = Object.entries(reasons).map(
    ([reason, n]) => `${reason.replaceAll('_', ' ')} ${showCount(n)}`,
  )
  return (
    <span class={`count ${count > 0 && mood ? mood : ''}`} title={listed.join(', ')}>
      {name} <b>{showCount(count)}</b>
      {listed.length > 0 && <small> ({listed.join(', ')})</small>}
    </span>
  )
}
