/** --network and --subnet. */

import { ProgramError } from '#native/index.ts'

/** What a container can be connected to, by Docker's words. */
const NETWORKS = ['none', 'host', 'bridge'] as const

/** none: its loopback alone. host: the host's own devices. bridge: a cable to the switch of all containers. */
export type Network = (typeof NETWORKS)[number]

/** For getopt(): the option that parseNetwork() reads. */
export const networkOption = {
  network: { type: 'string', valueName: 'MODE', help: 'what it is connected to: none, host or bridge' },
} as const

/**
 * The network that is asked for; bridge unless told.
 * @param options what getopt() found
 * @throws ProgramError
 */
export const parseNetwork = ({ network = 'bridge' }: { readonly network?: string }): Network => {
  const found = NETWORKS.find(known => known === network)
  if (found) return found
  throw new ProgramError(`--network ${JSON.stringify(network)}: it takes none, host or bridge`)
}

/** For getopt(): the option that parseSubnet() reads. */
export const subnetOption = {
  subnet: { type: 'string', valueName: 'RANGE', help: 'the addresses to be used: 172.18.0.0/16' },
} as const
