// What each node received lately, for the skew between them. From the fleet's samples, because a rate over
// one second is mostly chance.
import type { SQL } from 'bun'

const LATELY = '30 seconds'
/** A node so new has not been given its share yet. */
const NEW = '15 seconds'

/** Packets a second of every node that is ready and not new. */
export async function readNodeRates(sql: SQL): Promise<number[]> {
  const rows: { readonly rate: number }[] = await sql.unsafe(
    `select (sum(packets) / greatest(sum(seconds), 0.1))::float8 as rate
    from fleet_samples join nodes using (node)
    where span_seconds = 2 and at > now() - interval '${LATELY}' and nodes.state = 'ready'
      and heartbeat_at > now() - interval '15 seconds' and started_at < now() - interval '${NEW}'
    group by node`,
  )
  return rows.map(({ rate }) => rate)
}
