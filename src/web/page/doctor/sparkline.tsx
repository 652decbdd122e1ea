// A curve of an hour in the height of a line.

const HEIGHT = 24
const STEP = 2

interface Props {
  readonly values: readonly number[]
  readonly label: string
}

/** Empty for a source that sent nothing in that time. */
export function Sparkline({ values, label }: Props) {
  const most = Math.max(1, ...values)
  const points = values
    .map((value, i) => `${i * STEP},${(HEIGHT - 1 - (value / most) * (HEIGHT - 3)).toFixed(1)}`)
    .join(' ')
  const width = Math.max(1, values.length - 1) * STEP
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      {values.length > 0 && (
        <>
          <polygon points={`0,${HEIGHT} ${points} ${width},${HEIGHT}`} />
          <polyline points={points} />
        </>
      )}
    </svg>
  )
}
