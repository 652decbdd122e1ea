// How far back a page looks: what its tabs say, and the same in seconds. Pages may begin with a shorter one.
export const RANGES = [
  ['15m', '15 minutes', 900],
  ['1h', 'Hour', 3_600],
  ['6h', '6 hours', 21_600],
  ['24h', 'Day', 86_400],
  ['7d', 'Week', 604_800],
] as const
