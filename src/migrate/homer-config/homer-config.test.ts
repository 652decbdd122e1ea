import { expect, test } from 'bun:test'
import { explainMappings } from './explain-mappings.ts'
import { planAliases } from './plan-aliases.ts'
import { planUsers } from './plan-users.ts'
import type { HomerAlias, HomerUser } from './read-homer-config.ts'

const hash = (password: string) => Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })
const user = (username: string, rest: Partial<HomerUser> = {}): HomerUser => ({
  ...{ username, usergroup: 'user', hash: '', enabled: true, ...rest },
})

test('planUsers keeps names, passwords and administrators, and those come first', async () => {
  const good = (await hash('correct horse battery')).replace('$2b$', '$2a$')
  const users = [user('Bert', { hash: good }), user('Anna', { hash: good, usergroup: 'Admin' })]
  expect(await planUsers(users, new Set(), 'engineer')).toMatchObject([
    { kind: 'add', name: 'anna', role: 'admin', passwordHash: good },
    { kind: 'add', name: 'bert', role: 'engineer', passwordHash: good },
  ])
})

test('planUsers takes over no password that everybody knows, and none that is no bcrypt', async () => {
  const users = [user('admin', { hash: await hash('sipcapture') }), user('x', { hash: 'md5' })]
  expect(await planUsers(users, new Set(), 'viewer')).toMatchObject([
    { name: 'admin', passwordHash: null, note: expect.stringContaining('everybody knows') },
    { name: 'x', passwordHash: null },
  ])
})

test('planUsers leaves who is disabled, there already, or has no name', async () => {
  const users = [user('a', { enabled: false }), user('b'), user('c d'), user('E'), user('e')]
  const planned = await planUsers(users, new Set(['b']), 'viewer')
  expect(planned.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    ...['leave a', 'leave b', 'leave c d', 'add e', 'leave e'],
  ])
})

const alias = (name: string, ip: string, rest: Partial<HomerAlias> = {}): HomerAlias => ({
  ...{ alias: name, ip, port: 0, mask: 32, captureId: '0', isActive: true, ...rest },
})

test('planAliases writes addresses, ports and networks as they are written here', () => {
  const { add, notes } = planAliases(
    [
      ...[alias('a', '10.0.0.1'), alias('b', '10.0.0.1', { port: 5060 })],
      ...[
        alias('c', '10.1.0.0', { mask: 16 }),
        alias('d', '2001:db8::1', { mask: 128, port: 5060 }),
      ],
      alias('e', '10.9.0.0/24', { mask: null }),
    ],
    [],
  )
  expect(add.map(({ address }) => address)).toEqual([
    ...['10.0.0.1', '10.0.0.1:5060', '10.1.0.0/16', '[2001:db8::1]:5060', '10.9.0.0/24'],
  ])
  expect(notes).toEqual([])
})

test('planAliases keeps what is there, and tells what it cannot say', () => {
  const there = [{ address: '10.0.0.1', name: 'ours' }]
  const { add, notes } = planAliases(
    [
      ...[alias('theirs', '10.0.0.1'), alias('off', '10.0.0.2', { isActive: false })],
      ...[alias('name', 'sbc.example'), alias('agent', '10.0.0.3', { captureId: '2001' })],
      alias('net', '10.2.0.0', { mask: 16, port: 5060 }),
    ],
    there,
  )
  expect(add.map(({ name }) => name)).toEqual(['agent', 'net'])
  expect(notes).toHaveLength(5)
})

test('explainMappings covers what homer-app comes with, and tells of the rest', () => {
  const b2b = { input_function_js: "for (;;) returnData.push(data[i]+'_b2b-1')" }
  const rule = { source_field: 'sid', lookup_id: 1, lookup_profile: 'call', lookup_field: 'sid' }
  const { notes, customHeaders } = explainMappings([
    {
      ...{ hepId: 1, profile: 'call' },
      fields: [{ id: 'data_header.from_user' }, { id: 'data_header.X-Tenant' }, { id: 'my_own' }],
      rules: [rule, { ...rule, ...b2b }, { ...rule, lookup_field: "data_header->>'X'" }],
    },
    { hepId: 2000, profile: 'default', fields: [{ id: 'custom_1' }], rules: [] },
  ])
  expect(notes.map(({ isCovered }) => isCovered)).toEqual([true, false, false, true, true, false])
  expect(customHeaders).toEqual(['X-Tenant'])
})
