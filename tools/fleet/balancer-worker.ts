// The balancer on a thread of its own: the driver's drawing and polling must not hold up packets.
import { Balancer, type BalancerOptions, type TargetSetup } from './balancer.ts'

/** What the driver asks, each with a number that comes back with the answer. */
export type BalancerRequest =
  | { readonly kind: 'start'; readonly options: BalancerOptions }
  | { readonly kind: 'register'; readonly target: TargetSetup }
  | { readonly kind: 'deregister'; readonly id: string; readonly delayMs: number | undefined }
  | { readonly kind: 'counts' }
  | { readonly kind: 'close' }

declare const self: Worker
let balancer: Balancer

self.onmessage = async ({ data }: MessageEvent<BalancerRequest & { readonly call: number }>) => {
  try {
    self.postMessage({ call: data.call, value: await answer(data) })
  } catch (error) {
    self.postMessage({ call: data.call, error: String(error) })
  }
}

async function answer(request: BalancerRequest): Promise<unknown> {
  switch (request.kind) {
    case 'start': {
      balancer = await Balancer.start(request.options)
      const zones = request.options.zones ?? ['a']
      return zones.map((zone) => ({
        ...{ zone, udp: balancer.address('udp', zone), tcp: balancer.address('tcp', zone) },
      }))
    }
    case 'register':
      return balancer.register(request.target)
    case 'deregister':
      return balancer.deregister(request.id, request.delayMs)
    case 'counts':
      return balancer.counts()
    case 'close':
      return balancer.close()
  }
}
