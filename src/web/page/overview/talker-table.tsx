// Who makes the calls, and who gets them.
import { useState } from 'preact/hooks'
import type { KpiTalker, TalkerKind } from '#contract'
import { showCount } from '../parts/format.ts'
import { Tabs } from '../parts/tabs.tsx'
import { quoted, searchHref } from './overview-url.ts'

interface Props {
  readonly talkers: readonly KpiTalker[]
  readonly fromSeconds: number
  readonly toSeconds: number
}

const KINDS = [
  ['from', 'From'],
  ['to', 'To'],
  ['source', 'Source host'],
  ['agent', 'User agent'],
] as const satisfies readonly (readonly [TalkerKind, string])[]

/** The query language's field for each. */
const FIELD: Record<TalkerKind, string> = { from: 'from', to: 'to', source: 'src', agent: 'ua' }
const SHOWN = 12

export function TalkerTable({ talkers, fromSeconds, toSeconds }: Props) {
  const [kind, choose] = useState<TalkerKind>('from')
  const shown = talkers.filter((talker) => talker.kind === kind).slice(0, SHOWN)
  return (
    <section class="panel wide">
      <h2>Top talkers</h2>
      <Tabs label="Talkers by" tabs={KINDS} chosen={kind} choose={choose} />
      {shown.length === 0 && <p class="muted">Nobody called.</p>}
      {shown.length > 0 && (
        <table class="fact-table">
          <thead>
            <tr>
              <th>Who</th>
              <th class="right">Calls</th>
              <th class="right">Answered</th>
              <th class="right">Failed</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, attempts, answered, failed }) => (
              <tr key={name}>
                <td class="who">
                  <a
                    href={searchHref(
                      `method:INVITE ${FIELD[kind]}:${quoted(name)}`,
                      fromSeconds,
                      toSeconds,
                    )}
                  >
                    {name}
                  </a>
                </td>
                <td class="right">{showCount(attempts)}</td>
                <td class="right">{countOf(answered)}</td>
                <td class="right">{countOf(failed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const countOf = (count: number | null): string => (count === null ? '–' : showCount(count))
