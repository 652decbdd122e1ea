// A choice of the person at this browser: columns, panes, things switched off.
import { useState } from 'preact/hooks'

/** As useState, kept for later visits; `check` refuses what an older version has left. */
export function useRemembered<Value>(
  name: string,
  byDefault: Value,
  check: (value: unknown) => value is Value,
): [Value, (value: Value) => void] {
  const key = `calliope.${name}`
  const [value, setValue] = useState(() => read(key, byDefault, check))
  return [
    value,
    (next) => {
      localStorage.setItem(key, JSON.stringify(next))
      setValue(next)
    },
  ]
}

function read<Value>(
  key: string,
  byDefault: Value,
  check: (value: unknown) => value is Value,
): Value {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return check(value) ? value : byDefault
  } catch {
    return byDefault
  }
}
