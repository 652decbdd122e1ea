// What everybody has to find of a call of 13 messages: by any word one knows of it, and in its export.
import { expect } from 'bun:test'
import { join } from 'node:path'
import type { CallPage, CallRow } from '#contract'
import { readUdpPayloads } from '../fixtures/pcapng.ts'
import { ask, type Program } from '../program.ts'

/** What a person who knows about the call would type. */
export async function expectFindable(program: Program, { callId, srcIp }: CallRow): Promise<void> {
  const queries = [
    ...['alice', '+49891234567', '+4989*', 'from:alice', 'to:+49891234567', 'to:*1234567'],
    ...['user:alice', 'from:alice@example.test', 'domain:example.test', 'ua:sipp', 'status:2xx'],
    ...['method:INVITE', 'outcome:completed', 'duration:<5', `ip:${srcIp}`, callId],
    ...[`callid:${callId}`, 'from:alice to:+49* -status:4xx|5xx', 'text:PCMA'],
  ]
  for (const q of queries) {
    const path = `/api/v1/calls?from=-5m&q=${encodeURIComponent(`${q} ip:${srcIp}`)}`
    const { calls } = await ask<CallPage>(program, path)
    expect([q, ...calls.map((call) => call.callId)]).toEqual([q, callId])
  }
}

/** The export holds the 13 messages, for us and, where they are installed, for tshark and sngrep. */
export async function expectReadableByOthers(
  program: Program,
  callId: string,
  directory: string,
): Promise<void> {
  const path = `${program.url}/api/v1/calls/${encodeURIComponent(callId)}/pcap`
  const file = Buffer.from(await (await fetch(path)).arrayBuffer())
  expect(readUdpPayloads(file)).toHaveLength(13)
  if (Bun.which('tshark') === null) return console.warn('NOT TESTED: tshark is not installed')
  const name = join(directory, 'call.pcapng')
  await Bun.write(name, file)
  const linesOf = (pcap: string) => {
    const fields = ['sip.Method', 'sip.Status-Code', 'sip.Call-ID'].flatMap((field) => [
      '-e',
      field,
    ])
    const tshark = Bun.spawnSync(['tshark', '-r', pcap, '-T', 'fields', ...fields])
    return tshark.stdout.toString().trimEnd().split('\n')
  }
  expect(linesOf(name).filter((line) => line.endsWith(callId))).toHaveLength(13)
  expect(linesOf(name).filter((line) => line.startsWith('INVITE'))).toHaveLength(2)
  if (Bun.which('sngrep') === null) return console.warn('NOT TESTED: sngrep is not installed')
  // It writes the SIP it understood to another file; its exit code says nothing.
  const readBack = join(directory, 'sngrep.pcap')
  const timeout = ['timeout', '-k', '2', '-s', 'INT', '10']
  Bun.spawnSync([...timeout, 'sngrep', '-N', '-q', '-I', name, '-O', readBack], {
    env: { ...process.env, TERM: 'xterm' },
  })
  expect(linesOf(readBack)).toEqual(linesOf(name))
}
