import { expect, test } from 'bun:test'
import { parseSip } from './index.ts'

/** Via value to the branch of the topmost one. */
const BRANCHES: Readonly<Record<string, string>> = {
  'SIP/2.0/UDP h;branch=z9': 'z9',
  'SIP/2.0/UDP h;rport;BRANCH=z9;received=x': 'z9',
  'SIP/2.0/UDP h;branch=z9,SIP/2.0/UDP i;branch=other': 'z9',
  'SIP/2.0/UDP h,SIP/2.0/UDP i;branch=other': '',
  'SIP / 2.0 / UDP h ; branch = z9 ; x': 'z9',
  'SIP/2.0/UDP h;branch =z9': 'z9',
  'SIP/2.0/UDP h;branchx=no;branch=z9': 'z9',
  'SIP/2.0/UDP h;b=no;bra=no;branch=z9': 'z9',
  'SIP/2.0/UDP h;x=";branch=no,";branch=z9': 'z9',
  'SIP/2.0/UDP h;x="no end;branch=no': '',
  'SIP/2.0/UDP h;branch=': '',
  'SIP/2.0/UDP h': '',
  '': '',
}

for (const [value, branch] of Object.entries(BRANCHES)) {
  test(`parseSip reads the branch of the Via ${value || '(none)'}`, () => {
    const message = parseSip(
      Buffer.from(`X sip:x SIP/2.0\r\nVia: ${value}\r\ni: 1\r\nCSeq: 1 X\r\n\r\n`),
    )
    expect(message).toMatchObject({ branch })
  })
}
