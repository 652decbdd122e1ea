// The reconciler as a Lambda function: EventBridge calls `handler` with one event. Configuration is the
// JSON in CALLIOPE_FLEET. An error is thrown on, so that Lambda delivers the event again (twice, with
// waits of a minute and two); that does no harm, because nothing here depends on how often it is told.
//
// Built into one file for Node by tools/build-lambda.ts; so nothing here may need Bun.
import { openAwsCloud } from './aws-cloud.ts'
import { parseFleetConfig } from './config.ts'
import { outcomeLine } from './outcome-line.ts'
import { type Outcome, Reconciler } from './reconciler.ts'

let reconciler: Reconciler | undefined // lives as long as the warm function does

/** What Lambda calls. */
export async function handler(event: unknown): Promise<Outcome> {
  reconciler ??= openReconciler(process.env.CALLIOPE_FLEET)
  const outcome = await reconciler.handle(event)
  console.log(JSON.stringify({ ...outcomeLine(outcome), ignored: ignoredCounts(reconciler) }))
  return outcome
}

function openReconciler(text: string | undefined): Reconciler {
  if (!text)
    throw new Error('CALLIOPE_FLEET is not set; deploy/lambda/README.md shows what it holds.')
  const config = parseFleetConfig(text)
  return new Reconciler({ config, cloud: openAwsCloud(config.cluster) })
}

const ignoredCounts = ({ ignored }: Reconciler) =>
  ignored.size > 0 ? Object.fromEntries(ignored) : undefined
