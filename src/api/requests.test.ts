// What may stand in a request, over a real socket: ranges, cursors, mistakes, and any Call-ID there is.
import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import { callId, expectError, fixtureMessage, sharedApi, start, store } from '../../test/api-rig.ts'
import { MemoryStore } from '../../test/memory-store.ts'
import { SCHEMAS } from './schemas/schemas.ts'

const { get, raw } = sharedApi()

describe('startApi', () => {
  test('pages through all calls with the cursor, newest first, none twice', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor ? `&cursor=${cursor}` : ''
      const page = v.parse(
        SCHEMAS.CallPage,
        await (await get(`/api/v1/calls?limit=7${query}`)).json(),
      )
      seen.push(...page.calls.map((call) => call.callId))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual(store.rows().map((call) => call.callId))
  })

  test('takes from and to as RFC 3339 with microseconds and as ages', async () => {
    const [newest] = store.rows()
    const at = encodeURIComponent(newest!.startedAt)
    const one = v.parse(SCHEMAS.CallPage, await (await get(`/api/v1/calls?from=${at}`)).json())
    expect(one.calls.map((call) => call.callId)).toEqual([newest!.callId])
    expect((await get('/api/v1/calls?from=-7d&to=now')).status).toBe(200)
  })

  test.each([
    ['limit=0', 'limit is "0".', 'from 1 to 1000'],
    ['limit=1001', 'limit is "1001".', 'from 1 to 1000'],
    ['limit=ten', 'limit is "ten".', 'from 1 to 1000'],
    ['from=yesterday', 'from is "yesterday".', '-15m'],
    ['to=2026-02-30T00:00:00Z', 'to is "2026-02-30T00:00:00Z".', 'RFC 3339'],
    ['cursor=', 'cursor is "".', 'what an answer gave'],
    ['from=now&to=-1h', 'from is after to.', 'Swap'],
  ])(
    'names the parameter, the value and what is allowed for calls?%s',
    async (query, message, hint) => {
      const error = await expectError(await get(`/api/v1/calls?${query}`), 'bad_parameter')
      expect(error.message).toStartWith(message)
      expect(error.hint).toContain(hint)
    },
  )

  test('refuses a q that is too long, without repeating all of it', async () => {
    const error = await expectError(
      await get(`/api/v1/calls?q=${'x'.repeat(4097)}`),
      'bad_parameter',
    )
    expect(error.message).toHaveLength(`q is "${'x'.repeat(100)}"….`.length)
    expect(error.hint).toContain('4096 characters')
  })

  test('refuses a misspelt parameter instead of answering something else', async () => {
    const error = await expectError(await get('/api/v1/calls?form=-15m'), 'unknown_parameter')
    expect(error.message).toContain('"form"')
    expect(error.hint).toContain('from')
    await expectError(await get('/api/v1/ledger?x=1'), 'unknown_parameter')
    await expectError(await get('/api/v1/calls?limit=1&limit=2'), 'repeated_parameter')
  })

  test('bounds the range of kpi', async () => {
    expect(
      (await expectError(await get('/api/v1/kpi?from=-40d'), 'bad_parameter')).message,
    ).toContain('31 days')
  })

  test('shows the place of a mistake in q, for calls and for live', async () => {
    for (const route of ['calls', 'live']) {
      const error = await expectError(await get(`/api/v1/${route}?q=ab%20frm:x`), 'bad_query')
      expect(error).toMatchObject({
        at: 3,
        length: 3,
        reason: 'unknown_field',
        hint: 'Known fields: callid.',
      })
    }
  })

  test('finds Call-IDs with any character in them', async () => {
    const odd = [
      'a/b@c',
      '100%',
      'ü 漢 🎵',
      '?q=1#x',
      '..a',
      '\'"<script>',
      'a%2Fb',
      'calls/x/pcap',
      '+',
      '\\',
      '\u0001',
    ]
    const message = fixtureMessage()
    const local = new MemoryStore(
      odd.map((callId) => ({ ...message, sip: { ...message.sip!, callId } })),
    )
    await using other = await start({ store: local })
    for (const callId of odd) {
      const response = await get(`/api/v1/calls/${encodeURIComponent(callId)}`, {}, other)
      expect((await response.json()).callId).toBe(callId)
      expect(
        (await get(`/api/v1/calls/${encodeURIComponent(callId)}/pcap`, {}, other)).status,
      ).toBe(200)
    }
  })

  test('says so when there is no such call, and how to write one with a slash', async () => {
    for (const tail of ['', '/pcap', '/text'])
      expect(
        (await expectError(await get(`/api/v1/calls/nobody${tail}`), 'call_not_found')).message,
      ).toContain('"nobody"')
    expect((await expectError(await get('/api/v1/calls/a/b/c'), 'unknown_route')).hint).toContain(
      '%2F',
    )
    await expectError(await get('/api/v1/calls/'), 'unknown_route')
    await expectError(await get('/api/v2/calls'), 'unknown_route')
    await expectError(await get('/api/v1/calls/a%00b'), 'bad_parameter')
    await expectError(await get('/nothing'), 'unknown_route')
  })

  test('refuses percent-encoding that is not UTF-8', async () => {
    expect(
      await raw('GET /api/v1/calls/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    ).toContain('"bad_path"')
  })

  test('correlate=0 leaves other legs out of the call, its text and its packets', async () => {
    const message = fixtureMessage()
    const legs = ['one', 'one_b2b'].map((callId) => ({
      ...message,
      sip: { ...message.sip!, callId },
    }))
    await using other = await start({ store: new MemoryStore(legs) })
    const bytes = async (query: string) =>
      (await (await get(`/api/v1/calls/one/pcap${query}`, {}, other)).bytes()).length
    const text = async (query: string) =>
      (await get(`/api/v1/calls/one/text${query}`, {}, other)).text()
    const detail = async (query: string) =>
      (await get(`/api/v1/calls/one${query}`, {}, other)).json()
    expect((await detail('')).legs).toHaveLength(2)
    expect((await detail('?correlate=0')).legs).toHaveLength(1)
    expect(await text('')).toContain('one_b2b')
    expect(await text('?correlate=0')).not.toContain('one_b2b')
    expect(await bytes('')).toBeGreaterThan(await bytes('?correlate=0'))
    await expectError(await get('/api/v1/calls/one?correlate=maybe', {}, other), 'bad_parameter')
  })

  test('names downloads after the call without letting the Call-ID out of the quotes', async () => {
    const response = await get(`/api/v1/calls/${encodeURIComponent(callId)}/pcap`)
    expect(response.headers.get('content-type')).toBe('application/x-pcapng')
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\w.@-]+\.pcapng"$/,
    )
    const message = fixtureMessage()
    await using other = await start({
      store: new MemoryStore([{ ...message, sip: { ...message.sip!, callId: '../a"\r\nb' } }]),
    })
    const hostile = await get(`/api/v1/calls/${encodeURIComponent('../a"\r\nb')}/text`, {}, other)
    expect(hostile.headers.get('content-disposition')).toBe('attachment; filename="_a_b.txt"')
  })
})
