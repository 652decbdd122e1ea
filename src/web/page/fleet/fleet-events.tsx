// What changed the number of nodes, newest first.
import { useState } from 'preact/hooks'
import type { FleetEvent } from '#contract'
import { showClock, showDay } from '../parts/format.ts'

const SHOWN = 12

const KIND: Record<FleetEvent['kind'], readonly [word: string, mood: string]> = {
  came: ['came', 'good'],
  draining: ['draining', 'mild'],
  gone: ['gone', ''],
  lost: ['lost', 'bad'],
  scaled: ['scaled', 'open'],
  reclaimed: ['reclaimed', 'mild'],
  noted: ['noted', ''],
}

/** A dozen, and the rest when asked for. */
export function FleetEvents({ events }: { events: readonly FleetEvent[] }) {
  const [all, setAll] = useState(false)
  const shown = all ? events : events.slice(0, SHOWN)
  return (
    <section class="panel events">
      <h2>Events</h2>
      {events.length === 0 && <p class="muted">No node came or went in this time.</p>}
      <ol>
        {shown.map((event) => (
          <Event key={`${event.at} ${event.kind} ${event.node}`} event={event} />
        ))}
      </ol>
      {events.length > SHOWN && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? 'Show the newest only' : `Show all ${events.length}`}
        </button>
      )}
    </section>
  )
}

function Event({ event }: { event: FleetEvent }) {
  const { at, kind } = event
  const [word, mood] = KIND[kind]
  return (
    <li data-kind={kind}>
      <time dateTime={at} title={at}>
        {showDay(at)} {showClock(at)}
      </time>
      <span class={`badge ${mood}`}>{word}</span>
      <span class="what">{textOf(event)}</span>
    </li>
  )
}

function textOf({ node, reason, nodesFrom, nodesTo }: FleetEvent) {
  const change =
    nodesTo === null
      ? ''
      : nodesFrom === null
        ? `${nodesTo} nodes`
        : `${nodesFrom} → ${nodesTo} nodes`
  return (
    <>
      {(node || change) && <b>{node || change}</b>} <span class="muted">{reason}</span>
    </>
  )
}
