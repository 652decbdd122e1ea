// One key of heplify-server.toml: what may stand there, heplify-server's own default, and what becomes
// of it here. Three answers, so that a report can be read by its second column:
//
//   honoured   it does the same here
//   replaced   the end is reached in another way, which the line says
//   ignored    there is nothing here that it could change
import type { Kind } from '../kinds.ts'
import type { SettingKey } from '../settings.ts'

export type ReportKind = 'honoured' | 'replaced' | 'ignored'

/** What becomes of a key with a certain value. */
export interface Outcome {
  readonly kind: ReportKind
  /** What Calliope does, and why where that is another thing. */
  readonly what: string
  /** Calliope's settings, as they would stand in calliope.toml. */
  readonly settings?: Partial<Record<SettingKey, string | readonly string[]>>
}

/** Every key's value, given or heplify-server's default. */
export interface Values {
  /** Whether somebody gave it. */
  has(key: string): boolean
  text(key: string): string
  flag(key: string): boolean
  number(key: string): number
  list(key: string): readonly string[]
}

export interface HeplifyKey {
  readonly value: Kind<unknown>
  /** As it would stand in heplify-server.toml. */
  readonly byDefault: string | number | boolean
  /** What the manual says of the key. */
  readonly outcome: Outcome
  /** What becomes of it with these values, where that is more than the manual's word. */
  readonly meaning?: (values: Values) => Outcome
  /** It means something although nobody gave it: always, or when one of these was given. */
  readonly absent?: 'always' | readonly string[]
  /** The key that switches this one's part on; while that is off, this one means nothing. */
  readonly partOf?: string
}

export type HeplifyKeys = Readonly<Record<string, HeplifyKey>>

type More = Pick<HeplifyKey, 'meaning' | 'absent' | 'partOf'>

const keyOf =
  (kind: ReportKind) =>
  (
    value: Kind<unknown>,
    byDefault: HeplifyKey['byDefault'],
    what: string,
    more: More = {},
  ): HeplifyKey => ({ value, byDefault, outcome: { kind, what }, ...more })

export const honoured = keyOf('honoured')
export const replaced = keyOf('replaced')
export const ignored = keyOf('ignored')

/** A key that is one of our settings under another name. */
export const becomes = (
  setting: SettingKey,
  value: Kind<unknown>,
  byDefault: HeplifyKey['byDefault'],
  read: (values: Values) => string | readonly string[],
  what = '',
  more: More = {},
): HeplifyKey => {
  const told = `${setting}${what}`
  return honoured(value, byDefault, told, {
    meaning: (values) => ({ kind: 'honoured', what: told, settings: { [setting]: read(values) } }),
    ...more,
  })
}
