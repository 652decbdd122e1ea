// Two nodes, a database that the first can be cut off from, and a bucket: for the tests of handing over.
import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type S3Sim, startS3Sim } from '../../src/fleet/aws-sim/s3/s3-sim.ts'
import { type TestDatabase, testDatabase } from '../../src/store/postgres/test-server.ts'
import { run } from '../commands.ts'
import { type Program, startProgram, temporaryDirectory } from '../program.ts'
import { DatabaseWay } from './database-way.ts'
import { numberedFrames, postFrames } from './numbered-frames.ts'
import { identityOfFrame } from './truth.ts'

/** Flags by which a node hands over to this bucket. */
export const bucketFlags = (s3: S3Sim): readonly string[] => [
  ...['--drain-handover', 's3://calliope-test/voice/eu', '--drain-handover-endpoint', s3.url],
  ...['--drain-handover-region', 'eu-central-1', '--drain-adopt-every', '300ms'],
  ...['--drain-handover-key-id', 'test-key', '--drain-handover-secret', 'test-secret'],
]

export interface HandOverRig extends AsyncDisposable {
  readonly s3: S3Sim
  readonly database: TestDatabase
  /** Between the first node and the database. */
  readonly way: DatabaseWay
  /** Of the first node. */
  readonly data: string
  /** The first node. */
  first(...flags: string[]): Promise<Program>
  /** Another node, with a directory of its own. */
  other(...flags: string[]): Promise<Program>
  /** A first node that handed over so many frames, whose identities these are. */
  handedOver(frames: number, ...flags: string[]): Promise<string[]>
  /** `calliope hand-over …` over the first node's directory: what it said. */
  byHand(...words: string[]): Promise<{ readonly code: number; readonly said: string }>
}

export async function handOverRig(): Promise<HandOverRig> {
  const stack = new AsyncDisposableStack()
  const s3 = stack.use(startS3Sim())
  const database = stack.use(await testDatabase())
  const way = stack.use(await DatabaseWay.to(database.url))
  const data = stack.use(temporaryDirectory('calliope-first-')).path
  const start = (path: string, name: string, url: string, flags: readonly string[]) =>
    startProgram(
      [
        ...['--data-dir', path, '--node', name, '--database', url, '--drain-timeout', '2s'],
        ...[...bucketFlags(s3), ...flags],
      ],
      { command: 'capture' },
    )
  const first = (...flags: string[]) => start(data, 'first', way.url, flags)
  return {
    ...{ s3, database, way, data, first },
    other: (...flags) => {
      const { path } = stack.use(temporaryDirectory('calliope-other-'))
      return start(path, 'other', database.url, flags)
    },
    handedOver: async (frames, ...flags) => {
      const node = await first(...flags)
      way.cut()
      const promised = await post(node, 'handed', frames)
      expect(await node.stop()).toBe(3)
      return promised
    },
    byHand: async (...words) => {
      const flags = ['--data-dir', data, '--node', 'first', ...bucketFlags(s3)]
      const { code, out, err } = await run(['hand-over', ...words, ...flags])
      return { code, said: out + err }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Frames that the node says are safe. */
export async function post(program: Program, series: string, count: number): Promise<string[]> {
  const frames = numberedFrames(series, count)
  expect((await postFrames(program.url, frames)).status).toBe(200)
  return frames.map(identityOfFrame)
}

/** The id of a node's spool. */
export const spoolIdOf = (data: string): string =>
  JSON.parse(readFileSync(join(data, 'spool', 'spool.json'), 'utf8')).spoolId
