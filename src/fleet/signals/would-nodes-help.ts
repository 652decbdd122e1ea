// Whether a node in trouble would be helped by more nodes. A balancer pins a UDP flow to its node for good:
// a node that has far more than its share stays hot however many stand beside it, and an alarm that rings
// for it adds nodes which the idle average takes away again, all day long.
//
//   rates 120, 0, 0 thousand, this one stores 63    its share would be 40: there is room, it is merely hot
//   rates 200, 70, 70, 70, this one stores 60       its share would be 103: the fleet is short as a whole
//   rates 100, 100, 0, this one stores 66           its share would be 67: a new node does not hide it
//   rates 40, 40, 40, this one catches up           it has its share, and with relays a new node takes some
//
// Both must hold of a hot node. What it stores just now stands for what a node carries, its own being the
// one it knows; receiving more than its share takes of its CPU, so that this errs on the side of ringing.

/** Beyond so many shares a node is hot. Chance alone makes 1.5 of 16 flows on four nodes, 1.3 of 256 on ten. */
const SHARES_MAX = 1.8
/** Of what a node carries: a share above it leaves too little room for chance and for what comes next. */
const ROOM = 0.8

interface NodeLoad {
  readonly packetsPerSecond: number
  /** Undefined in a node that stores nothing (a relay). */
  readonly storedPerSecond: number | undefined
}

/** True unless the nodes there are would do, were the packets spread; also while nobody knows their rates. */
export function wouldNodesHelp(node: NodeLoad, nodeRates: readonly number[]): boolean {
  const { packetsPerSecond, storedPerSecond } = node
  if (nodeRates.length < 2 || storedPerSecond === undefined) return true
  const share = nodeRates.reduce((sum, rate) => sum + rate, 0) / nodeRates.length
  return packetsPerSecond <= SHARES_MAX * share || share > ROOM * storedPerSecond
}
