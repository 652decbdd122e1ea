// Skew: the busiest node's packets over the mean. A balancer pins a UDP sender to one node for good, so a
// fleet may be overloaded and idle at once; then more nodes do not help and `calliope relay` does.

/** Below so many packets a second in all nobody is busy, and any ratio is an accident. */
const TOTAL_MIN = 100

/** 1 when all nodes have the same, the number of nodes when one has everything. */
export function skewOf(packetsPerSecond: readonly number[]): number {
  const total = packetsPerSecond.reduce((sum, one) => sum + one, 0)
  if (packetsPerSecond.length < 2 || total < TOTAL_MIN) return 1
  return Math.max(...packetsPerSecond) / (total / packetsPerSecond.length)
}
