// `calliope hand-over`: by hand what a node does by itself when its time is over. For the disk of a node
// that died, and for looking at what waits.
import { join } from 'node:path'
import { CONFIG_FLAGS, type Config, loadConfig, UsageError } from '#config'
import { acceptLoss, handOverSpool, openSpool, settleSeal, WaitingHandOvers } from '#spool'
import { type Command, CommandError, VERSION } from './command.ts'
import { handOverPlace } from './handover-place.ts'
import { layoutReaders } from './node-layouts.ts'

/** `calliope hand-over`. */
export const handOver: Command = {
  summary: 'hand over what is in the spool of a dead node, for the other nodes to store',
  usage: 'hand-over [list | accept-loss ID] --drain-handover URL [--data-dir DIR]',
  example: 'calliope hand-over --data-dir /mnt/rescued --drain-handover s3://acme-voice/calliope',
  flags: CONFIG_FLAGS,
  run: async (argv) => {
    // No database is asked here, so it does not matter whether others share it.
    const { config, positionals } = await loadConfig(['--database', 'postgres://nobody', ...argv])
    const place = handOverPlace(config)
    if (!place) throw wrong('--drain-handover', 'is needed: where to, such as s3://BUCKET/PREFIX')
    const [what, id, ...more] = positionals
    if (what === undefined) return await handOverDisk(config, place)
    if (what === 'list' && id === undefined) return await list(place)
    if (what === 'accept-loss' && id && more.length === 0) return await accept(place, id)
    throw wrong(
      positionals.join(' '),
      "is not known here; give 'list', 'accept-loss ID' or nothing",
    )
  },
}

type Place = NonNullable<ReturnType<typeof handOverPlace>>

const wrong = (where: string, message: string) => new UsageError([{ where, message }])

async function handOverDisk(config: Config, place: Place): Promise<number> {
  const directory = join(config.data_dir, 'spool')
  if ((await settleSeal(directory, place)) === 'discarded') {
    return say(`${directory} was handed over before: nothing to do`)
  }
  await using spool = await openSpool({ directory, readers: layoutReaders(config) })
  let sent = 0
  const { backlogBytes } = spool.usage()
  const onProgress = (bytes: number) => {
    sent += bytes
    if (process.stderr.isTTY)
      process.stderr.write(`\r${Math.round((100 * sent) / backlogBytes)} %  `)
  }
  const { manifest } = await handOverSpool({
    ...{ directory, place, node: config.node, version: VERSION, onProgress },
    readers: layoutReaders(config),
  })
  if (!manifest) return say(`${directory} holds nothing that is not stored`)
  return say(
    `${manifest.frames} packets (${manifest.bytes} bytes) of ${directory} are in ${place.name} as ` +
      `${manifest.id}; a node with that drain.handover stores them`,
  )
}

async function list(place: Place): Promise<number> {
  const manifests = await new WaitingHandOvers(place).list()
  const lines = manifests.map(
    ({ id, at, node, frames, bytes, isLossAccepted }) =>
      `${id}  ${at}  ${node}  ${frames} packets  ${bytes} bytes${isLossAccepted ? '  loss accepted' : ''}`,
  )
  return say(lines.length > 0 ? lines.join('\n') : `nothing waits in ${place.name}`)
}

async function accept(place: Place, id: string): Promise<number> {
  const manifest = (await new WaitingHandOvers(place).list()).find((one) => one.id === id)
  if (!manifest)
    throw new CommandError(
      `${place.name} has no hand-over ${id}; calliope hand-over list shows them`,
    )
  await acceptLoss(place, manifest)
  return say(
    `the node that takes on ${id} next does without what is gone, and counts it as dropped`,
  )
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}
