// Names of things as AWS writes them; one account and one region in the simulated world.
export const REGION = 'eu-central-1'
export const ACCOUNT = '111122223333'

export const arn = (service: string, path: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${path}`

/** The last part of an ARN, or the name itself. */
export const nameOf = (arnOrName: string): string => arnOrName.split('/').at(-1) ?? arnOrName
