import { expect, test } from 'bun:test'
import { S3Client } from 'bun'
import { startS3Sim } from './s3-sim.ts'

const clientOf = (url: string, accessKeyId = 'test-key') =>
  new S3Client({
    ...{ bucket: 'calliope-test', endpoint: url, region: 'eu-central-1' },
    ...{ accessKeyId, secretAccessKey: 's' },
  })

test('startS3Sim takes what a real client sends: objects, ranges, sizes, listings, uploads in parts', async () => {
  await using s3 = startS3Sim()
  const client = clientOf(s3.url)
  await client.write('one', 'hello')
  expect(await client.file('one').slice(1, 3).text()).toBe('el')
  expect((await client.stat('one')).size).toBe(5)
  expect(await client.exists('two')).toBe(false)
  const writer = client.file('two').writer({ partSize: 5 * 1024 ** 2 })
  const part = Buffer.alloc(5 * 1024 ** 2, 'p')
  for (let i = 0; i < 3; i++) {
    writer.write(part)
    await writer.flush()
  }
  await writer.end()
  expect(s3.objects.read('two')!.equals(Buffer.concat([part, part, part]))).toBe(true)
  expect((await client.list({ maxKeys: 1 })).isTruncated).toBe(true)
  await client.delete('one')
  expect(s3.objects.keys()).toEqual(['two'])
}, 20_000)

test('startS3Sim refuses what S3 refuses', async () => {
  await using s3 = startS3Sim()
  const unsigned = await fetch(`${s3.url}/calliope-test/x`, { method: 'PUT', body: 'x' })
  expect(unsigned.status).toBe(403)
  await expect(clientOf(s3.url, 'nobody').write('x', 'y')).rejects.toThrow('does not exist')
  s3.fault = () => 'slow-down'
  await expect(clientOf(s3.url).write('x', 'y', { retry: 0 })).rejects.toThrow(
    'reduce your request',
  )
  s3.fault = undefined
  const [put, headers] = [`${s3.url}/calliope-test/once`, { 'if-none-match': '*' }]
  const signed = async () =>
    await fetch(put, {
      ...{ method: 'PUT', body: 'x' },
      headers: { ...headers, ...signature() },
    })
  expect((await signed()).status).toBe(200)
  expect((await signed()).status).toBe(412)
})

function signature(): Record<string, string> {
  const now = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `test-key/${now.slice(0, 8)}/eu-central-1/s3/aws4_request`
  const signed = 'host;if-none-match;x-amz-content-sha256;x-amz-date'
  return {
    'x-amz-date': now,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed}, Signature=${'0'.repeat(64)}`,
  }
}
