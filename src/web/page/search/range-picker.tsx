// The time range: presets, two times, and steps to earlier, later and wider.
import { useEffect, useRef, useState } from 'preact/hooks'
import { ErrorNote } from '../parts/error-note.tsx'
import { changeQuery } from '../shell/address.ts'
import type { Failure } from '../shell/fetch-json.ts'
import {
  DEFAULT_FROM,
  localTime,
  PRESETS,
  shifted,
  showRange,
  spanOf,
  type TimeRange,
  typedTime,
  zoomedOut,
} from './time-range.ts'

interface Props {
  readonly range: TimeRange
  /** What the server said about the range; it begins with the name of the bound. */
  readonly failure: Failure | undefined
}

/** Puts a range into the address. */
export const openRange = (range: TimeRange | undefined): void => {
  if (!range) return
  const from = range.from === DEFAULT_FROM ? '' : range.from
  changeQuery({ from, to: range.to }, 'push')
}

/** The range, and what opens below it. */
export function RangePicker({ range, failure }: Props) {
  const [open, setOpen] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  useCloseOutside(place, open, () => setOpen(false))
  const step = (label: string, sign: string, next: (range: TimeRange) => TimeRange | undefined) => (
    <button
      type="button"
      class="quiet step"
      aria-label={label}
      title={label}
      disabled={spanOf(range) === undefined}
      onClick={() => openRange(next(range))}
    >
      {sign}
    </button>
  )
  return (
    <div class="range" ref={place}>
      {step('Earlier ([)', '‹', (range) => shifted(range, -1))}
      <button
        type="button"
        class="range-label"
        aria-label={`Time range: ${showRange(range)}`}
        aria-expanded={open}
        aria-invalid={failure !== undefined}
        onClick={() => setOpen(!open)}
      >
        {showRange(range)}
      </button>
      {step('Later (])', '›', (range) => shifted(range, 1))}
      {step('Zoom out (z)', '−', (range) => zoomedOut(range))}
      {(open || failure) && <Panel range={range} failure={failure} close={() => setOpen(false)} />}
    </div>
  )
}

function Panel({ range, failure, close }: Props & { close: () => void }) {
  const choose = (next: TimeRange) => {
    close()
    openRange(next)
  }
  return (
    <div class="popover range-panel" role="dialog" aria-label="Time range">
      <div class="presets">
        {PRESETS.map(([from, label]) => (
          <button
            key={from}
            type="button"
            class="quiet"
            aria-pressed={(range.from || DEFAULT_FROM) === from && range.to === ''}
            onClick={() => choose({ from, to: '' })}
          >
            {label}
          </button>
        ))}
      </div>
      <Bounds range={range} failure={failure} choose={choose} />
    </div>
  )
}

interface BoundsProps extends Props {
  readonly choose: (range: TimeRange) => void
}

function Bounds({ range, failure, choose }: BoundsProps) {
  const span = spanOf(range)
  const shown = (text: string, ms: number | undefined) =>
    ms === undefined || /^-\d/.test(text) ? text : localTime(ms)
  const [from, setFrom] = useState(shown(range.from, span?.fromMs))
  const [to, setTo] = useState(range.to && shown(range.to, span?.toMs))
  const wrong = failure?.message ?? ''
  return (
    <form
      class="bounds"
      onSubmit={(event) => {
        event.preventDefault()
        choose({ from: typedTime(from), to: typedTime(to) })
      }}
    >
      <label>
        From
        <input
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
          placeholder="2026-11-20 08:00 or -2h"
          aria-invalid={wrong.startsWith('from ')}
        />
      </label>
      <label>
        Until
        <input
          value={to}
          onInput={(event) => setTo(event.currentTarget.value)}
          placeholder="now"
          aria-invalid={wrong.startsWith('to ')}
        />
      </label>
      {failure && <ErrorNote failure={failure} />}
      <button type="submit">Show this range</button>
      <small class="muted">{Intl.DateTimeFormat().resolvedOptions().timeZone}, or RFC 3339</small>
    </form>
  )
}

/** Closes on a click outside and on Esc. */
export function useCloseOutside(
  place: { readonly current: HTMLElement | null },
  open: boolean,
  close: () => void,
): void {
  useEffect(() => {
    if (!open) return
    const click = (event: Event) => {
      if (!place.current?.contains(event.target as Node)) close()
    }
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      close()
    }
    // Before the page's own keys, which would take Esc for "back".
    document.addEventListener('pointerdown', click)
    document.addEventListener('keydown', key, { capture: true })
    return () => {
      document.removeEventListener('pointerdown', click)
      document.removeEventListener('keydown', key, { capture: true })
    }
  }, [open])
}
