// A point in time in the reader's own zone; the exact one is in its title.
const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** `otherwise` where there is none. */
export const When = ({ at, otherwise }: { at: string | null; otherwise: string }) =>
  at === null ? (
    <span class="muted">{otherwise}</span>
  ) : (
    <time dateTime={at} title={at}>
      {format.format(new Date(at))}
    </time>
  )
