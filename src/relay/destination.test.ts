import { expect, test } from 'bun:test'
import { DestinationError, parseDestination, parseDestinations } from './destination.ts'

const originsOf = (text: string) => parseDestination(text).origins

test('parseDestination reads addresses, names and the ways of finding nodes', () => {
  expect(originsOf('http://10.0.1.11 http://[2001:db8::1]:80')).toEqual([
    { kind: 'address', target: 'http://10.0.1.11:9080' },
    { kind: 'address', target: 'http://[2001:db8::1]:80' },
  ])
  expect(originsOf('udp://heplify.example')).toEqual([
    { kind: 'name', host: 'heplify.example', port: 9060 },
  ])
  expect(originsOf('tls+srv://_hep._tls.example')).toEqual([
    { kind: 'srv', host: '_hep._tls.example' },
  ])
  expect(originsOf('http+k8s://calliope.voip?port=api')).toEqual([
    { kind: 'k8s', service: 'calliope', namespace: 'voip', port: 'api' },
  ])
  expect(originsOf('http+cloudmap://capture.calliope.local:9080?region=eu-west-1')).toMatchObject([
    { kind: 'cloudmap', service: 'capture', namespace: 'calliope.local', region: 'eu-west-1' },
  ])
})

test('parseDestination reads what the cursor is called, flows, rate and health', () => {
  expect(parseDestination('udp://a.example:9060?name=homer&flows=512&rate=9&health=80')).toEqual({
    ...{ name: 'homer', scheme: 'udp', flows: 512, framesPerSecondMax: 9, healthPort: 80 },
    origins: [{ kind: 'name', host: 'a.example', port: 9060 }],
  })
  expect(parseDestination('http://10.0.1.11:9080 http://10.0.1.12:9080').name).toBe(
    'http-10-0-1-11-9080',
  )
})

test.each([
  ['ftp://x', 'begin with'],
  ['10.0.0.1:9060', 'begin with'],
  ['udp://', 'must follow'],
  ['udp://host/path', 'must follow'],
  ['udp://host:99999', 'must follow'],
  ['http+k8s://alone', 'SERVICE.NAMESPACE'],
  ['http+zookeeper://a.b', 'srv, cloudmap or k8s'],
  ['udp://a?flow=3', "no option 'flow'"],
  ['udp://a?flows=0', 'whole number'],
  ['udp://a?name=A_B', '63'],
  ['udp://a tcp://b', 'one protocol'],
])('parseDestination says what is wrong with %s', (text, said) => {
  expect(() => parseDestination(text)).toThrow(DestinationError)
  expect(() => parseDestination(text)).toThrow(said)
})

test('parseDestinations wants a name for each', () => {
  expect(() => parseDestinations(['udp://a', 'udp://a'])).toThrow('?name=')
  expect(parseDestinations(['udp://a', 'udp://a?name=b'])).toHaveLength(2)
})
