import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { cite, readCitations } from './citations.ts'
import { callStateOf, explainVerdict, foldTaps } from './index.ts'
import { scriptCall } from './testing/script-call.ts'

const explained = (script: string) => {
  const messages = scriptCall(script)
  return explainVerdict(foldTaps(messages), callStateOf(messages))
}

test('explainVerdict points each part of a failure at the message it rests on', () => {
  const { text, evidence } = explained(`
    0 a>p INVITE #1
    10 p>a 100 Trying #1 INVITE
    4100 p>a 503 Service Unavailable #1 INVITE | Reason: Q.850;cause=38;text="Network out of order"
    4600 p>a 503 Service Unavailable #1 INVITE | Reason: Q.850;cause=38;text="Network out of order"`)
  expect(evidence.map((part) => [part.text, part.message])).toEqual([
    ['503 Service Unavailable from 10.0.0.10', 2],
    ['4.1 s after INVITE', 0],
    ['retransmitted once', 3],
    ['no ACK', 2],
    ['Q.850 38 Network out of order', 2],
  ])
  for (const { at, text: words } of evidence) expect(text.slice(at, at + words.length)).toBe(words)
})

test('explainVerdict points at the answer and the BYE of a completed call', () => {
  const { evidence } = explained(`
    0 a>p INVITE #1
    2300 p>a 200 OK #1 INVITE
    2310 a>p ACK #1
    36300 a>p BYE #2`)
  expect(evidence.map((part) => [part.text, part.message])).toEqual([
    ['answered after 2.3 s', 1],
    ['ended by the caller (10.0.0.1)', 3],
  ])
})

test('explainVerdict points at the CANCEL and at the ringing it ended', () => {
  const { evidence } = explained(`
    0 a>p INVITE #1
    200 p>a 180 Ringing #1 INVITE
    8400 a>p CANCEL #1
    8401 p>a 200 OK #1 CANCEL
    8402 p>a 487 Request Terminated #1 INVITE
    8410 a>p ACK #1`)
  expect(evidence.map((part) => [part.text, part.message])).toEqual([
    ['cancelled by the caller', 2],
    ['8.2 s of ringing', 1],
  ])
})

test('readCitations finds the words of cite again, whatever stands around them', () => {
  const words = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => {
    return text.replaceAll(/[\ufdd0-\ufdd2]/g, '')
  })
  const part = fc.record({ words, message: fc.option(fc.nat(5000), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const { text, evidence } = readCitations(
        parts.map((one) => cite(one.message, one.words)).join(''),
      )
      expect(text).toBe(parts.map((one) => one.words).join(''))
      const cited = parts.filter((one) => one.message !== undefined && one.words !== '')
      expect(evidence.map(({ message }) => message)).toEqual(cited.map((one) => one.message!))
      for (const { at, text: said } of evidence) expect(text.slice(at, at + said.length)).toBe(said)
    }),
  )
})

test('readCitations takes forged and lonely marks out of words from the network', () => {
  const forged = 'Busy \ufdd07\ufdd1 here\ufdd2 \ufdd0 and \ufdd2'
  expect(readCitations(forged).text).toBe('Busy  here  and ')
})
