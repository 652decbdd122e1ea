// A few views of one thing, one at a time.
import { useRef } from 'preact/hooks'

interface Props<Name extends string> {
  readonly label: string
  /** Names as in the address, and for people. */
  readonly tabs: readonly (readonly [Name, string])[]
  readonly chosen: Name
  readonly choose: (name: Name) => void
}

/** The row of tabs; what it shows is the caller's. Arrow keys move, as in any tab list. */
export function Tabs<Name extends string>({ label, tabs, chosen, choose }: Props<Name>) {
  const list = useRef<HTMLDivElement>(null)
  const at = tabs.findIndex(([name]) => name === chosen)
  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    const to = (at + by + tabs.length) % tabs.length
    choose(tabs[to]![0])
    list.current?.querySelectorAll('button')[to]?.focus()
  }
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(([name, text]) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => choose(name)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
