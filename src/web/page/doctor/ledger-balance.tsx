// The ledger as what it is: an equation.
import type { Ledger } from '#contract'
import { showCount } from '../parts/format.ts'

export function LedgerBalance({ ledger }: { ledger: Ledger }) {
  const { received, stored, pending, rejected, dropped, balanced } = ledger
  return (
    <section class="balance" aria-label="Ledger">
      <Term name="received" count={received} />
      <Term sign="=" name="stored" count={stored} />
      <Term sign="+" name="pending" count={pending} />
      <Term
        sign="+"
        name="rejected"
        count={rejected.total}
        reasons={rejected.byReason}
        mood="mild"
      />
      <Term sign="+" name="dropped" count={dropped.total} reasons={dropped.byReason} mood="bad" />
      <span class={`badge ${balanced ? 'good' : 'bad'}`}>
        {balanced ? '✓ balanced' : '✗ does not add up'}
      </span>
    </section>
  )
}

interface TermProps {
  readonly sign?: '=' | '+'
  readonly name: string
  readonly count: number
  readonly reasons?: Readonly<Record<string, number>>
  readonly mood?: 'mild' | 'bad'
}

function Term({ sign, name, count, reasons = {}, mood }: TermProps) {
  const listed = Object.entries(reasons)
  return (
    <span class={`term ${count > 0 ? (mood ?? '') : ''}`}>
      {sign && <i>{sign}</i>}
      <b>{showCount(count)}</b> {name}
      {listed.length > 0 && (
        <small>
          {listed.map(([reason, n]) => `${reason.replaceAll('_', ' ')} ${showCount(n)}`).join(', ')}
        </small>
      )}
    </span>
  )
}
