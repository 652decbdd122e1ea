import { kinds, parseFlags, setting, UsageError } from '#config'
import type { CallDetail } from '#contract'
import { renderLadder } from '#sip'
import { printable } from './call-table.ts'
import { type Command, CommandError } from './command.ts'
import { clientFor, interruption, SERVER_FLAGS } from './server-flags.ts'

const FLAGS = {
  legs: setting(
    kinds.flag,
    true,
    'join other legs of the same call (--no-legs: only this Call-ID)',
  ),
  raw: setting(kinds.flag, false, 'the messages too, as text'),
  json: setting(kinds.flag, false, 'everything as JSON'),
  pcap: setting(kinds.text, '', 'write the messages to this file for Wireshark or sngrep'),
  ...SERVER_FLAGS,
}

/** `calliope call CALL-ID`: what happened, as a sentence and a ladder. */
export const call: Command = {
  summary: 'show one call: the verdict, its legs, the ladder; or export it',
  usage: 'call CALL-ID [--no-legs] [--raw] [--pcap FILE] [--json]',
  example: 'calliope call 3c26700a-ygzp2@10.0.0.12 --pcap call.pcapng',
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    const [callId, ...more] = positionals
    if (!callId || more.length > 0)
      throw new UsageError([
        { where: 'call', message: 'needs one Call-ID; quote it if it holds spaces' },
      ])
    const client = clientFor(flags)
    const options = { correlate: flags.legs }
    const signal = interruption()
    const detail = await client.call(callId, options, signal)
    if (!detail)
      throw new CommandError(`no call with the Call-ID '${callId}' is stored at ${flags.url}`)
    if (flags.pcap) {
      await Bun.write(flags.pcap, await client.pcap(callId, options, signal))
      process.stderr.write(`${detail.messages.length} messages written to ${flags.pcap}\n`)
      return 0
    }
    process.stdout.write(
      flags.json ? `${JSON.stringify(detail)}\n` : describeCall(detail, process.stdout.columns),
    )
    if (flags.raw) process.stdout.write(`\n${await client.text(callId, options, signal)}`)
    return 0
  },
}

function describeCall(detail: CallDetail, width = 120): string {
  const legs = detail.legs.filter(({ reasons }) => reasons.length > 0)
  return [
    printable(detail.verdict),
    `${detail.summary.startedAt}  ${printable(`${detail.summary.from} → ${detail.summary.to}`)}`,
    ...legs.map((leg) => `leg ${printable(leg.callId)}: ${printable(leg.reasons.join('; '))}`),
    ...(detail.messagesOmitted > 0
      ? [`${detail.messagesOmitted} older messages are left out`]
      : []),
    '',
    renderLadder(detail.ladder, { widthMax: width }),
    '',
  ].join('\n')
}
