// Collects the parameters of one statement. What a user typed goes into SQL here or not at all.
import { timeText } from './time-text.ts'

export class SqlParams {
  readonly values: unknown[] = []

  /** A text as `$n`. */
  text(value: string): string {
    return `$${this.values.push(value)}::text`
  }

  texts(values: readonly string[]): string {
    return `$${this.values.push([...values])}::text[]`
  }

  integer(value: number): string {
    return `$${this.values.push(value)}::bigint`
  }

  /**
   * A time; PostgreSQL has ±Infinity too. Typed as what it is, not cast from text: only then does the
   * planner know the value, and leaves out the partitions it rules out.
   */
  time(us: number): string {
    const text =
      us === Number.POSITIVE_INFINITY
        ? 'infinity'
        : us === Number.NEGATIVE_INFINITY
          ? '-infinity'
          : timeText(us)
    return `$${this.values.push(text)}::timestamptz`
  }
}

/** A timestamptz column as whole microseconds since 1970: numeric arithmetic, nothing is rounded. */
export function usSql(column: string): string {
  return `(extract(epoch from ${column}) * 1000000)::bigint`
}
