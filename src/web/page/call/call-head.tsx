// What became of the call, in one look: verdict, who and when, legs, the course of it.
import { useState } from 'preact/hooks'
import type { CallDetail } from '#contract'
import { AllowedButton } from '../login/allowed-button.tsx'
import { showClock, showDay, showSpan } from '../parts/format.ts'
import { Outcome } from '../parts/outcome.tsx'
import { qualityWord } from '../parts/quality.tsx'
import { changeQuery } from '../shell/address.ts'
import { ExportMenu } from './export-menu.tsx'
import type { Picture } from './ladder-picture.ts'
import { LegList } from './leg-list.tsx'
import { ShareDialog } from './share-dialog.tsx'
import { TimelineView } from './timeline-view.tsx'
import { VerdictText } from './verdict-text.tsx'
import type { ViewState } from './view-state.ts'

interface Props {
  readonly call: CallDetail
  readonly state: ViewState
  readonly isShared: boolean
  readonly picture: () => Picture
  readonly choose: (message: number) => void
}

const FAILED = new Set(['busy', 'rejected', 'unanswered', 'failed', 'auth-failed', 'cancelled'])

/** The head of the page. */
export function CallHead({ call, state, isShared, picture, choose }: Props) {
  const [isSharing, setSharing] = useState(false)
  const { summary, legs } = call
  return (
    <header class="head">
      <h1 class="verdict">
        <Outcome call={summary} /> <VerdictText call={call} choose={choose} />
      </h1>
      <div class="head-row">
        <Facts call={call} />
        <div class="acts">
          {!isShared && FAILED.has(summary.outcome) && state.view !== 'compare' && (
            <button
              type="button"
              onClick={() => changeQuery({ view: 'compare', message: undefined }, 'push')}
            >
              Compare with a good call
            </button>
          )}
          {!isShared && (
            <AllowedButton least="engineer" scope="export" onClick={() => setSharing(true)}>
              Share
            </AllowedButton>
          )}
          <ExportMenu {...{ call, state, picture }} fromServer={!isShared} />
        </div>
      </div>
      {(legs.length > 1 || state.without.length > 0) && (
        <LegList legs={legs} state={state} canLeave={!isShared} />
      )}
      <TimelineView call={call} choose={choose} />
      {isSharing && (
        <ShareDialog callId={call.callId} without={state.without} close={() => setSharing(false)} />
      )}
    </header>
  )
}

const qualityFact = (mos: number | null): readonly [string, string, string] =>
  mos === null
    ? ['Quality', '', '']
    : ['Quality', `MOS ${mos.toFixed(2)}`, `At its worst: ${qualityWord(mos)}`]

function Facts({ call: { summary, messages } }: { call: CallDetail }) {
  const started = `${showDay(summary.startedAt)} ${showClock(summary.startedAt)}`.trim()
  // What is empty is left out: a REGISTER has no talk time, and that says nothing.
  const facts = [
    ['From', summary.from],
    ['To', summary.to],
    ['Started', started, summary.startedAt],
    ['Setup', showSpan(summary.setupMs)],
    ['Talk', showSpan(summary.durationMs)],
    qualityFact(summary.mos),
    ['Messages', String(messages.length)],
    ['User agent', summary.userAgent],
  ] as const
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value, title]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={title ?? value}>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
