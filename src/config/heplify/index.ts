// heplify-server's configuration as a layer under our own; docs/from-heplify-server.md.
import type { Problem } from '../flags.ts'
import type { Environment } from '../secrets.ts'
import { readHeplify } from './read-given.ts'
import { type HeplifyGiven, type ReportLine, translateHeplify } from './translate.ts'

export { showReport, sumUp } from './report.ts'
export type { ReportLine } from './translate.ts'

export interface HeplifyLayer {
  /** The words that are none of heplify-server's flags. */
  readonly argv: readonly string[]
  readonly settings: ReadonlyMap<string, HeplifyGiven>
  readonly lines: readonly ReportLine[]
  readonly problems: readonly Problem[]
}

/** Everything that was given for heplify-server, as settings of ours. */
export function heplifyLayer(argv: readonly string[], env: Environment): HeplifyLayer {
  const input = readHeplify(argv, env)
  if (!input.isOn)
    return { argv: input.argv, settings: new Map(), lines: [], problems: input.problems }
  const { settings, lines, problems } = translateHeplify(input.given)
  return { argv: input.argv, settings, lines, problems: [...input.problems, ...problems] }
}

/** The lines once more, saying which keys lost to a setting of our own, and to whose. */
export function settleLines(
  { lines, settings }: HeplifyLayer,
  inForce: ReadonlyMap<string, { readonly origin: string }>,
): readonly ReportLine[] {
  return lines.map((line) => {
    const lost = line.settings.find((key) => inForce.get(key)?.origin !== settings.get(key)?.origin)
    if (lost === undefined) return line
    const what = `${lost} is given by ${inForce.get(lost)?.origin}, which counts`
    return { ...line, kind: 'ignored', what, settings: [] }
  })
}
