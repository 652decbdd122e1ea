// HEP over HTTP: POST /hep with frames back to back. The one transport that is acknowledged: the
// answer 200 says that the frames are safe, and how many.
import { type Outlet, type OutletOptions, reasonOf, targetText, within } from './outlet.ts'

/** Requests under way at a time: the server answers only when its disk has the frames. */
const REQUESTS_MAX = 4
const ANSWER_WAIT_MS_MAX = 30_000

interface Receipt {
  readonly received: number
  readonly appended: number
  readonly rejected: number
}

/** One HTTP sender. */
export async function openHttp({ to, tally }: OutletOptions): Promise<Outlet> {
  const url = `http://${targetText(to)}${to.path ?? '/hep'}`
  const underWay = new Set<Promise<void>>()
  const giveUp = new AbortController()

  async function post(body: Buffer<ArrayBuffer>): Promise<void> {
    try {
      const answer = await fetch(url, {
        ...{ method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } },
        signal: AbortSignal.any([giveUp.signal, AbortSignal.timeout(ANSWER_WAIT_MS_MAX)]),
      })
      const text = await answer.text()
      if (answer.ok) tally.acknowledged += (JSON.parse(text) as Receipt).appended
      else tally.fail(`POST ${url}: answer ${answer.status} ${text.slice(0, 200)}`)
    } catch (error) {
      tally.fail(`POST ${url}: ${reasonOf(error)}`)
    }
  }

  return {
    send(frames) {
      const request = post(Buffer.concat(frames)).finally(() => underWay.delete(request))
      underWay.add(request)
      return underWay.size < REQUESTS_MAX ? undefined : Promise.race(underWay)
    },
    async close(waitMs) {
      if (await within(waitMs, Promise.all(underWay))) return
      giveUp.abort(new Error('no answer in time'))
      await Promise.all(underWay)
    },
  }
}
