/** The option --network, with Docker's words for what a container is connected to. */

import { ProgramError } from '#native/index.ts'

const NETWORK_MODES = ['none', 'host', 'bridge'] as const

/** none: loopback alone. host: the host's own devices. bridge: a cable to the bridge that all containers share. */
export type NetworkMode = (typeof NETWORK_MODES)[number]

/** For getopt(): the option that parseNetwork() reads. */
export const networkOption = {
  network: { type: 'string', valueName: 'MODE', help: 'what it is connected to: none, host or bridge' },
} as const

/**
 * Reads --network. Without it a container is on the bridge.
 * @param options what getopt() found
 * @throws ProgramError
 */
export const parseNetwork = ({ network = 'bridge' }: { readonly network?: string }): NetworkMode => {
  const found = NETWORK_MODES.find(known => known === network)
  if (found) return found
  throw new ProgramError(`--network ${JSON.stringify(network)}: it takes none, host or bridge`)
}
