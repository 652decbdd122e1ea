import { expect, test } from 'bun:test'
import { DestinationError, parseDestination } from '../destination.ts'
import { checkDestinations } from '../start-relay.ts'
import { parseLogins } from './login.ts'

test.each([
  ['loki+http://loki.example', 'http://loki.example:3100', '/loki/api/v1/push'],
  ['loki+https://l.example:443/api/prom/push', 'https://l.example', '/loki/api/v1/push'],
  ['influx+http://[::1]:8086/write?db=hep', 'http://[::1]:8086', '/write?db=hep&precision=ns'],
])('parseDestination reads %s', (text, target, path) => {
  const { origins, service } = parseDestination(text)
  expect(origins).toEqual([{ kind: 'address', target }])
  expect(service!.service.path).toBe(path)
})

test('parseDestination reads what all services have: name, types, batch, flows, gzip', () => {
  const text = 'elastic+http://a elastic+http://b/es?name=es&types=1+5&batch=64&flows=3&gzip=no'
  const { name, flows, origins, service } = parseDestination(text)
  expect({ name, flows }).toEqual({ name: 'es', flows: 3 })
  expect(origins).toEqual([
    { kind: 'address', target: 'http://a:9200' },
    { kind: 'address', target: 'http://b:9200/es' },
  ])
  expect(service).toMatchObject({ types: [1, 5], batchBytes: 65_536, isGzip: false })
  expect(parseDestination('loki+http://a').service!.types).toEqual([1, 5, 100])
  expect(parseDestination('elastic+http://a').service!.types).toEqual([])
})

test.each([
  ['loki+udp://a', 'http://HOST'],
  ['loki+http://a?index=b', "no option 'index'"],
  ['loki+http://a?labels=all', 'ip, call, parties'],
  ['loki+http://a?types=sip', 'give numbers'],
  ['loki+http://a?batch=0', 'whole number'],
  ['elastic+http://a?index=Upper', 'an index begins'],
  ['influx+http://a?api=v4', 'v1, v2, v3'],
  ['influx+http://a loki+http://a', 'one service'],
  ['loki+http://user:hush@a', 'relay.auth'],
])('parseDestination says what is wrong with %s', (text, said) => {
  expect(() => parseDestination(text)).toThrow(DestinationError)
  expect(() => parseDestination(text)).toThrow(said)
  expect(() => parseDestination(text)).not.toThrow('hush')
})

test('parseLogins makes the header of each scheme', () => {
  const texts = ['a basic u:p w', 'b Bearer t', 'c apikey k', 'd token t2']
  const logins = parseLogins(texts, ['a', 'b', 'c', 'd'], Error)
  expect([...logins.values()]).toEqual(['Basic dTpwIHc=', 'Bearer t', 'ApiKey k', 'Token t2'])
})

test.each([
  ['es hush', 'write NAME SCHEME SECRET'],
  ['es digest hush', 'write NAME SCHEME SECRET'],
  ['other basic u:hush', 'no service in relay.to has its name; there are es'],
])('checkDestinations refuses a login and does not tell it: %s', (auth, said) => {
  const check = () => checkDestinations(['elastic+http://a?name=es', 'udp://other'], [auth])
  expect(check).toThrow(said)
  expect(check).not.toThrow('hush')
})
