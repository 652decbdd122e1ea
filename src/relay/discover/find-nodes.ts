// Where the nodes of an origin are now. Each way of finding them is one file; all give targets as the
// outlets know them, SCHEME://ADDRESS:PORT.
import { type Origin, type Scheme, targetText } from '../destination.ts'
import { findByName, findBySrv, type Resolver } from './find-by-name.ts'
import { findInCloudMap } from './find-in-cloud-map.ts'
import { type ClusterAccess, findInKubernetes } from './find-in-kubernetes.ts'

/** What is asked, when it is not what the system says. */
export interface FinderOptions {
  readonly resolver?: Resolver
  readonly cluster?: ClusterAccess
}

/** The targets of an origin; throws when nobody can tell. */
export async function findNodes(
  scheme: Scheme,
  origin: Origin,
  { resolver, cluster }: FinderOptions = {},
): Promise<string[]> {
  switch (origin.kind) {
    case 'address':
      return [origin.target]
    case 'name':
      return findByName(scheme, origin.host, origin.port, resolver)
    case 'srv':
      return findBySrv(scheme, origin.host, resolver)
    case 'cloudmap':
      return targets(scheme, await findInCloudMap(origin))
    case 'k8s':
      return targets(scheme, await findInKubernetes(origin, cluster))
  }
}

const targets = (scheme: Scheme, found: readonly { host: string; port: number }[]): string[] =>
  found.map(({ host, port }) => targetText(scheme, host, port))
