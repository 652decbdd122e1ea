// The query: typed with completion of fields, words, values the server saw lately, and what was
// searched before. A mistake is marked in the text itself and explained below it.
//
//   ┌ outcome:faild from:+49▮ ─────────┐
//   │         ~~~~~                    │   the mark lies under the text of the input
//   ├──────────────────────────────────┤
//   │ +4989123    17×                  │   arrows move, Enter or Tab takes, Esc closes
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ErrorNote } from '../parts/error-note.tsx'
import type { Failure } from '../shell/fetch-json.ts'
import { applied, type Place, placeAt, type Suggestion } from './complete-query.ts'
import { rememberQuery } from './query-history.ts'
import { useSuggestions } from './use-suggestions.ts'

interface Props {
  readonly q: string
  /** A mistake in `q`, or undefined. */
  readonly failure: Failure | undefined
  readonly search: (q: string) => void
}

/** The box and what is below it. */
export function QueryBox({ q, failure, search }: Props) {
  const box = useBox(q, search)
  const { text, shown, active } = box
  const listId = useId()
  return (
    <div class="query">
      <div class="query-field">
        <Mark text={text} failure={text === q ? failure : undefined} />
        <input
          id="q"
          ref={box.input}
          type="text"
          role="combobox"
          enterkeyhint="search"
          value={text}
          placeholder="Number, Call-ID, or  from:+4989*  outcome:failed  ip:10.1.2.3"
          aria-label="Search calls"
          aria-invalid={failure !== undefined}
          aria-expanded={shown.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => box.typed(event.currentTarget)}
          onSelect={(event) => box.selected(event.currentTarget)}
          onBlur={box.close}
          onKeyDown={box.press}
        />
      </div>
      <List id={listId} shown={shown} active={active} take={box.take} />
      {failure && (
        <div class="beneath">
          <ErrorNote failure={failure} />
        </div>
      )}
    </div>
  )
}

// What is typed, what is suggested for it, and what keys do about it.
function useBox(q: string, search: (q: string) => void) {
  const [text, setText] = useState(q)
  const [cursor, setCursor] = useState(q.length)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const moveTo = useCursor(input)
  // Back, forward and links change what was searched for; what is typed meanwhile gives way.
  useEffect(() => setText(q), [q])
  const place = placeAt(text, cursor)
  const shown = useSuggestions(text, place, open)
  const close = () => {
    setOpen(false)
    setActive(-1)
  }
  const take = (suggestion: Suggestion) => {
    const next = applied(text, place, suggestion)
    setText(next.q)
    setCursor(next.cursor)
    moveTo(next.cursor)
    setActive(-1)
    setOpen(!suggestion.whole && place.kind === 'field')
  }
  const submit = () => {
    close()
    rememberQuery(text)
    // The hands are on the keyboard: j and k are for the results now.
    input.current?.blur()
    search(text)
  }
  const selected = ({ selectionStart }: HTMLInputElement) => setCursor(selectionStart ?? 0)
  const typed = (element: HTMLInputElement) => {
    setText(element.value)
    selected(element)
    setOpen(true)
    setActive(-1)
  }
  const press = (event: KeyboardEvent) => {
    const act = boxKey(event.key, { count: shown.length, active, place, text })
    if (!act) return
    event.preventDefault()
    if (act.kind === 'move') setActive(act.to)
    if (act.kind === 'take') take(shown[act.index]!)
    if (act.kind === 'close') close()
    if (act.kind === 'open') setOpen(true)
    if (act.kind === 'submit') submit()
  }
  return { input, text, shown, active, close, take, selected, typed, press }
}

// Moves the cursor once the new text is in the document, and before the next key is.
function useCursor(input: { readonly current: HTMLInputElement | null }): (to: number) => void {
  const moved = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    if (moved.current === undefined) return
    input.current?.focus()
    input.current?.setSelectionRange(moved.current, moved.current)
    moved.current = undefined
  })
  return (to) => {
    moved.current = to
  }
}

interface BoxState {
  readonly count: number
  readonly active: number
  readonly place: Place
  readonly text: string
}
type BoxAct =
  | { readonly kind: 'move'; readonly to: number }
  | { readonly kind: 'take'; readonly index: number }
  | { readonly kind: 'close' | 'open' | 'submit' }

// What a key does in the box; undefined leaves it to the browser.
function boxKey(key: string, { count, active, place, text }: BoxState): BoxAct | undefined {
  if (key === 'Enter') return active >= 0 ? { kind: 'take', index: active } : { kind: 'submit' }
  if (key === 'ArrowDown' && count === 0) return { kind: 'open' }
  if (count === 0) return undefined
  if (key === 'ArrowDown') return { kind: 'move', to: (active + 1) % count }
  if (key === 'ArrowUp') return { kind: 'move', to: active <= 0 ? count - 1 : active - 1 }
  if (key === 'Escape') return { kind: 'close' }
  // Out of an empty box Tab goes to the next field, as everywhere.
  const isTyping = text !== '' && (place.kind === 'value' || place.prefix !== '')
  if (key === 'Tab' && (active >= 0 || isTyping))
    return { kind: 'take', index: Math.max(0, active) }
  return undefined
}

interface ListProps {
  readonly id: string
  readonly shown: readonly Suggestion[]
  readonly active: number
  readonly take: (suggestion: Suggestion) => void
}

const List = ({ id, shown, active, take }: ListProps) => (
  <div
    id={id}
    class="suggestions"
    role="listbox"
    aria-label="Suggestions"
    hidden={shown.length === 0}
  >
    {shown.map((suggestion, i) => (
      // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus and names the active one
      // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the input's
      <div
        key={`${suggestion.whole} ${suggestion.text}`}
        id={`${id}-${i}`}
        role="option"
        aria-selected={i === active}
        // Before the click the input would lose the focus, and the list be gone.
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => take(suggestion)}
      >
        <code>{suggestion.text}</code>
        <small>{suggestion.help}</small>
      </div>
    ))}
  </div>
)

// The same text under the input, transparent but for the underline of the mistake.
function Mark({ text, failure }: { text: string; failure: Failure | undefined }) {
  const { at, length } = failure ?? {}
  if (at === undefined || length === undefined) return null
  return (
    <code class="query-mark" aria-hidden="true">
      {text.slice(0, at)}
      <mark>{text.slice(at, at + length) || ' '}</mark>
      {text.slice(at + length)}
    </code>
  )
}

/** Puts the cursor into the search, ready to type over what is there. */
export function focusSearch(): void {
  const input = document.querySelector<HTMLInputElement>('#q')
  input?.focus()
  input?.select()
}
