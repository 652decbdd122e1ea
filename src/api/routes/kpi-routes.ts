// KPIs over time, and the tables beside them: failures by code and by host, top talkers.
import type { KpiCode, KpiMinute } from '#contract'
import { ApiError } from '../errors.ts'
import { type Param, refuseBackwards, time } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { type Route, route } from '../http/route.ts'
import { formatTime } from '../http/time.ts'

// 44,640 minutes, some 12 MB of JSON: more is not for one answer.
const KPI_DAYS_MAX = 31
const DAY_US = 86_400e6
const MINUTE_US = 60e6

/** Steps that `auto` chooses from; each divides a day, so that days begin with a step. */
const STEPS = [60, 300, 900, 3_600, 21_600, 86_400] as const
/** More points than this no chart shows. */
const AUTO_POINTS_MAX = 400

const TABLES = ['code', 'host', 'talker', 'total'] as const
type Table = (typeof TABLES)[number]

/** `auto` is 0 until the range is known. */
const step: Param<number> = {
  in: 'query',
  help: 'length of a row',
  allowed: `seconds: ${STEPS.join(', ')}; or auto, at most ${AUTO_POINTS_MAX} rows`,
  schema: { type: 'string', enum: [...STEPS.map(String), 'auto'], default: '60' },
  byDefault: () => 60,
  parse: (text) => (text === 'auto' ? 0 : STEPS.find((seconds) => String(seconds) === text)),
}

const by: Param<readonly Table[]> = {
  in: 'query',
  help: 'tables beside the rows',
  allowed: `${TABLES.join(', ')}, parted by commas`,
  schema: { type: 'string', default: '', examples: ['total,code,host,talker'] },
  byDefault: () => [],
  parse: (text) => {
    const names = text.split(',').filter((name) => name !== '')
    const known = names.flatMap((name) => TABLES.find((table) => table === name) ?? [])
    return known.length === names.length ? known : undefined
  },
}

/** GET /api/v1/kpi */
export const KPI_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/kpi',
    summary: 'Attempts, answers, failures and setup times per minute or longer step.',
    access: 'token',
    params: {
      from: time('start of the time range', '-1h'),
      to: time('end of the time range', 'now'),
      step,
      by,
    },
    answer: { kind: 'json', schema: 'Kpi' },
    errors: [],
    handle: async ({ from, to, step, by }, { store }) => {
      refuseBackwards(from, to)
      refuseLong(from, to)
      const stepSeconds = step || autoStep(from, to)
      const wantsDetails = by.includes('host') || by.includes('talker')
      const minutes = await store.kpi(from, to, stepSeconds)
      const details = wantsDetails ? await store.kpiDetails(from, to) : undefined
      return json({
        from: formatTime(wholeMinute(from)),
        to: formatTime(wholeMinute(to)),
        minutes,
        stepSeconds,
        ...(by.includes('total') ? { total: (await store.kpi(from, to, 0))[0] ?? null } : {}),
        ...(by.includes('code') ? { codes: codesOf(minutes) } : {}),
        ...(details && by.includes('host') ? { hosts: details.hosts } : {}),
        ...(details && by.includes('talker') ? { talkers: details.talkers } : {}),
      })
    },
  }),
]

/** Minutes are counted by where they begin. */
const wholeMinute = (us: number): number => Math.ceil(us / MINUTE_US) * MINUTE_US

const autoStep = (from: number, to: number): number =>
  STEPS.find((seconds) => (to - from) / (seconds * 1e6) <= AUTO_POINTS_MAX) ?? STEPS.at(-1)!

function codesOf(minutes: readonly KpiMinute[]): readonly KpiCode[] {
  const counts = new Map<number, number>()
  for (const { failures } of minutes)
    for (const [code, n] of Object.entries(failures))
      counts.set(Number(code), (counts.get(Number(code)) ?? 0) + n)
  return [...counts]
    .map(([code, count]) => ({ code, count }))
    .sort((a, b) => b.count - a.count || a.code - b.code)
}

function refuseLong(from: number, to: number): void {
  if (to - from > KPI_DAYS_MAX * DAY_US)
    throw new ApiError(
      'bad_parameter',
      `from to to is more than ${KPI_DAYS_MAX} days.`,
      `Allowed: at most ${KPI_DAYS_MAX} days; ask for several ranges.`,
    )
}
