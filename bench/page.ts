// docs/benchmarks.md: a head with the targets, then one part per benchmark.
//
//   # Benchmarks, targets        drawn anew by every run from the figures below
//   <!-- bench:pipeline -->
//   …                            written anew by its own run; what stands between other marks is left alone
//   <!-- figures {"at":"…","figures":{…}} -->
//   <!-- /bench:pipeline -->
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { table } from './table.ts'
import { type Figures, targetRows } from './targets.ts'

const PAGE = join(import.meta.dir, '../docs/benchmarks.md')

const HEAD = `# Benchmarks

Written by \`npm run bench -- NAME\`; each part by its own run, its own date and machine under it. Loader, Calliope and
PostgreSQL share that machine. "None lost" is counted, not sampled: sent = stored.

## Targets

Drawn from the parts below by every run.

`

const RULES = `
What the words mean: a *highest rate* is the highest step at which every message arrived, and the next step, a few per cent higher, lost some
twice. *CPU by thread* is microseconds per message from /proc, the kernel's work for the thread included; over loopback the kernel
carries a datagram to the receiver's socket on the *sender's* account, so the sender's cost is shown beside ours. *Offloading sender*: datagrams
of one length are handed to the kernel 32 at a time and cut apart on the receiving side (UDP_SEGMENT), which costs a third: closer to a
sender that is another machine. The *load average* says what else the machine had to do before a run: on two cores, anything above 0.5
means that others took part of them, and that rates are lower bounds.

## Rerun all

Linux, two cores, about two hours, the machine left alone; each line rewrites its part. Longest first where time is short: pipeline, sustained.

\`\`\`sh
npm run bench -- decode spool store                                       # 6 min
npm run bench -- floors                                                   # 4 min
npm run bench -- intake                                                   # 10 min
npm run bench -- pipeline --seconds 60                                    # 15 min; add --traffic spread for its own part
npm run bench -- pipeline --seconds 60 --offload                          # 15 min: the sender's cost mostly taken out
npm run bench -- pipeline --seconds 60 --keep-up --rates 50k,75k,100k,125k,150k  # 10 min: stored as fast as it comes
npm run bench -- pipeline --peer "COMMAND {udp} {database}" --peer-name X # 15 min, in turns with another server
npm run bench -- visible memory                                           # 3 min
npm run bench -- recovery --gb 10                                         # 4 min
npm run bench -- search --messages 10M                                    # 4 min
npm run bench -- growth --messages 1M,10M,50M                             # 20 min
npm run bench -- sustained --minutes 10                                   # 12 min; --rate N, else 70 % of the highest rate above
npm run bench -- kills --rounds 100                                       # 8 min
npm run bench -- profile                                                  # 1 min
npm run bench -- fresh                                                    # 1 min: clone, install, first call
\`\`\`

\`npm run bench -- --quick\` runs them all in small, in under a minute, and writes nothing. \`--trial\` runs one as told and writes nothing.
`

/** Puts a part in its place, or at the end, and draws the head anew. */
export function writePart(name: string, text: string, figures: Figures): void {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const data = `<!-- figures ${JSON.stringify({ at: new Date().toISOString(), figures })} -->`
  const part = `${open}\n${text}\n${data}\n${close}\n`
  const parts = readParts()
  const [from, to] = [parts.indexOf(open), parts.indexOf(close)]
  const isThere = from >= 0 && to > from
  writePage(
    isThere
      ? parts.slice(0, from) + part + parts.slice(to + close.length + 1)
      : `${parts}${parts === '' ? '' : '\n'}${part}`,
  )
}

/** The targets and what the parts say to them. */
export function redrawHead({ isTrial }: { isTrial: boolean }): string {
  const parts = readParts()
  if (!isTrial) writePage(parts)
  return targetTable(figuresOf(parts))
}

/** A figure measured before, by any part; the newest where several have it. */
export function knownFigure(key: string): number | undefined {
  return figuresOf(readParts())[key]?.value
}

function readParts(): string {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
  const first = page.indexOf('<!-- bench:')
  return first < 0 ? '' : page.slice(first)
}

const writePage = (parts: string): void =>
  writeFileSync(PAGE, `${HEAD}${targetTable(figuresOf(parts))}\n${RULES}\n${parts}`)

const targetTable = (figures: Figures): string =>
  table(['what', 'target', 'measured', 'met', 'how', 'when'], targetRows(figures))

function figuresOf(page: string): Figures {
  const all: Record<string, Figures[string]> = {}
  for (const [, json] of page.matchAll(/^<!-- figures (.*) -->$/gm)) {
    const { at, figures } = JSON.parse(json!) as { at: string; figures: Figures }
    for (const [key, figure] of Object.entries(figures))
      if (at > (all[key]?.at ?? '')) all[key] = { ...figure, at }
  }
  return all
}
