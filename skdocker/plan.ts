/** What a container is to be, as a value. A command line and the saved state of a container are two ways to get one. */

import type { Limits } from '#parts/cgroup/limits.ts'
import type { NetworkMode } from '#parts/network/network-options.ts'

export type Plan = {
  readonly id: string
  readonly name: string
  readonly image: string
  /** the read-only directories below its own, the topmost first */
  readonly layers: readonly string[]
  readonly command: readonly string[]
  readonly hostname: string
  readonly environment: Readonly<Record<string, string>>
  readonly workdir: string
  readonly network: NetworkMode
  readonly limits: Limits
  /** whether it is removed when it has ended */
  readonly autoRemove: boolean
  /** whether it outlives the program that starts it, without a terminal */
  readonly detached: boolean
}

/** A plan before there is a container. The id is chosen later, and so are names that the command line does not give. */
export type Request = Omit<Plan, 'id' | 'name' | 'hostname'> & Partial<Pick<Plan, 'name' | 'hostname'>>
