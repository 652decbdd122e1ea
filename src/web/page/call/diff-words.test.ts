// What changed between two messages.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { commonPairs, diffMessages, diffWords } from './diff-words.ts'

const message = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
const said = (left: string, right: string) =>
  diffMessages(left, right)
    .filter(({ kind }) => kind !== 'same')
    .map((line) => [line.kind, line.left, line.right])

test('diffMessages pairs headers by name and says which words of them changed', () => {
  const first = message('INVITE sip:b@x SIP/2.0', 'Via: SIP/2.0/UDP a;branch=z9hG4bK1', 'X-One: 1')
  const second = message('INVITE sip:b@x SIP/2.0', 'v: SIP/2.0/UDP a;branch=z9hG4bK2', 'X-Two: 1')
  expect(said(first, second)).toEqual([
    ['changed', 'Via: SIP/2.0/UDP a;branch=z9hG4bK1', 'Via: SIP/2.0/UDP a;branch=z9hG4bK2'],
    ['removed', 'X-One: 1', ''],
    ['added', '', 'X-Two: 1'],
  ])
  const [, via] = diffMessages(first, second)
  expect(via?.pieces.filter(({ kind }) => kind !== 'same')).toEqual([
    { kind: 'removed', text: 'z9hG4bK1' },
    { kind: 'added', text: 'z9hG4bK2' },
  ])
})

test('diffMessages compares session descriptions attribute by attribute', () => {
  const sdp = (...lines: string[]) =>
    message('INVITE sip:b@x SIP/2.0', 'To: b').concat(lines.join('\r\n'))
  expect(
    said(
      sdp('v=0', 'm=audio 4000 RTP/AVP 8', 'a=sendrecv', 'a=rtpmap:8 PCMA/8000'),
      sdp('v=0', 'm=audio 4002 RTP/AVP 8', 'a=sendonly', 'a=rtpmap:8 PCMA/8000'),
    ),
  ).toEqual([
    ['changed', 'm=audio 4000 RTP/AVP 8', 'm=audio 4002 RTP/AVP 8'],
    ['removed', 'a=sendrecv', ''],
    ['added', '', 'a=sendonly'],
  ])
})

test('diffWords gives both texts back, whatever they are', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (left, right) => {
      const pieces = diffWords(left, right)
      const side = (without: string) =>
        pieces
          .filter(({ kind }) => kind !== without)
          .map(({ text }) => text)
          .join('')
      expect([side('added'), side('removed')]).toEqual([left, right])
    }),
  )
})

test('commonPairs keeps the order of both lists and pairs only what is equal', () => {
  const list = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
  fc.assert(
    fc.property(list, list, (left, right) => {
      const pairs = commonPairs(left, right)
      expect(pairs.flatMap(([i]) => i ?? [])).toEqual(left.map((_, i) => i))
      expect(pairs.flatMap(([, j]) => j ?? [])).toEqual(right.map((_, j) => j))
      for (const [i, j] of pairs)
        if (i !== undefined && j !== undefined) expect(left[i]).toBe(right[j]!)
    }),
  )
})
