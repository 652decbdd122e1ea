// How a call is looked at: all of it in the address, so that what one engineer sees another one sees too.
//
//   ?message=5            the message in the pane           &diff=3        beside which other one
//   &with=ID,ID           other calls in the same ladder    &without=ID    legs taken out
//   &view=media           ladder (default), media, events, compare, similar      &other=ID  compared with
//   &time=clock           relative (default), clock, step   &leg=ID        only this leg
//   &hide=repeats,pings   repeats, pings, other             &methods=INVITE,BYE
import type { Query } from '../shell/address.ts'

export const VIEWS = ['ladder', 'media', 'events', 'compare', 'similar'] as const
export type View = (typeof VIEWS)[number]
export const TIMES = ['relative', 'clock', 'step'] as const
export type TimeMode = (typeof TIMES)[number]
export const HIDEABLE = ['repeats', 'pings', 'other'] as const
export type Hideable = (typeof HIDEABLE)[number]

/** Everything about the view but which call it is. */
export interface ViewState {
  /** Undefined until one is chosen. */
  readonly message: number | undefined
  readonly diff: number | undefined
  readonly with: readonly string[]
  readonly without: readonly string[]
  readonly view: View
  readonly other: string
  readonly time: TimeMode
  readonly leg: string
  readonly hide: readonly Hideable[]
  readonly methods: readonly string[]
}

/** From the address; what makes no sense is as if it were not there. */
export const readView = (query: Query): ViewState => ({
  message: indexOf(query.message),
  diff: indexOf(query.diff),
  with: listOf(query.with),
  without: listOf(query.without),
  view: oneOf(VIEWS, query.view) ?? 'ladder',
  other: query.other ?? '',
  time: oneOf(TIMES, query.time) ?? 'relative',
  leg: query.leg ?? '',
  hide: listOf(query.hide).flatMap((name) => oneOf(HIDEABLE, name) ?? []),
  methods: listOf(query.methods),
})

const indexOf = (text = ''): number | undefined =>
  /^\d{1,6}$/.test(text) ? Number(text) : undefined

// No Call-ID has a comma in it (RFC 3261 §25.1).
const listOf = (text = ''): string[] => text.split(',').filter((item) => item !== '')

const oneOf = <Name extends string>(names: readonly Name[], text = ''): Name | undefined =>
  names.find((name) => name === text)

/** A list as the address has it; undefined takes it out. */
export const writeList = (items: readonly string[]): string | undefined =>
  items.length > 0 ? items.join(',') : undefined

/** The list with the item in it, or without it. */
export const toggled = (items: readonly string[], item: string): readonly string[] =>
  items.includes(item) ? items.filter((other) => other !== item) : [...items, item]
