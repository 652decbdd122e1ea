import { expect, test } from 'bun:test'
import type { MessageReport } from '#contract'
import { maskAnswer } from './mask-answer.ts'
import type { Masking } from './masking.ts'
import { HIDE_ALL, maskBy } from './test-masking.ts'

const message = (kind: MessageReport['kind'], title: string, value: string, protocol = 1) => ({
  ...{ raw: value, protocol, callId: 'a' },
  report: { kind, title, text: value, streams: [], facts: [{ name: 'called', value }] },
})
const shown = (of: object, policy: Partial<Masking> = {}) =>
  JSON.stringify(maskAnswer(of, maskBy({ ...HIDE_ALL, ...policy })))

test('a report shows no number, of ENUM neither', () => {
  for (const secret of ['4989555123456', '6.5.4.3.2.1.9.4.e164.arpa']) {
    const text = shown(message('dns', 'query', `NAPTR ${secret}`, 53))
    expect(text).not.toContain(secret.slice(0, 9))
    expect(text).toContain('NAPTR')
  }
})

test('a report is hidden with the body or the header it was read from', () => {
  const vq = message('vq', 'VQSessionReport', 'NLR')
  expect(shown(vq)).toContain('VQSession')
  expect(shown(vq, { bodies: 'keep-sdp' })).not.toContain('VQSession')
  const phone = message('phone', 'X-RTP-Stat, P-RTP-Stat', 'PS')
  expect(shown(phone, { bodies: 'blank', headers: ['subject'] })).toContain('P-RTP-Stat')
  expect(shown(phone, { headers: ['p-rtp-stat'] })).not.toContain('P-RTP-Stat')
})
