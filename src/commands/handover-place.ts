// From the configuration to the place where packets go that cannot be stored in time.
import type { Config } from '#config'
import { awsCredentials } from '#fleet'
import { type HandOverPlace, openPlace } from '#spool'

/** The configured place; undefined when there is none. */
export function handOverPlace(config: Config): HandOverPlace | undefined {
  const url = config['drain.handover']
  if (url === '') return undefined
  const { 'drain.handover_key_id': accessKeyId, 'drain.handover_secret': secretAccessKey } = config
  const isNamed = accessKeyId !== '' && secretAccessKey !== ''
  const region = config['drain.handover_region'] || process.env.AWS_REGION
  return openPlace({
    url,
    endpoint: config['drain.handover_endpoint'],
    ...(region ? { region } : {}),
    credentials: isNamed ? async () => ({ accessKeyId, secretAccessKey }) : awsCredentials(),
  })
}
