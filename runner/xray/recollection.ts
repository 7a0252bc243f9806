/** What one look leaves for the next, so that this one takes less time, and can tell how busy the CPUs were in between. */

import { readIfThere } from '../probe/read-if-there.ts'
import { CpuMeter } from './cgroup-facts.ts'
import { type Network, type NetworkPlace, networksOf } from './network-facts.ts'

/** What tells cheaply that something about a network has changed: its devices, addresses and routes. Source: proc_pid_net(5) */
export const networkSign = (pid: number): string => {
  const devices = readIfThere(`/proc/${pid}/net/dev`)?.replace(/:.*$/gm, '') // without the counters
  return [devices, readIfThere(`/proc/${pid}/net/fib_trie`), readIfThere(`/proc/${pid}/net/if_inet6`)].join()
}

// Nothing in /proc tells that a firewall has got another rule.
const LONGEST_BELIEF = 10_000 // ms

/** See above. Each watcher has one of its own. */
export class Recollection {
  readonly meter = new CpuMeter()
  #networks: { readonly sign: string; readonly time: number; readonly found: readonly Network[] } | undefined

  /** Reads networks where anything about them may have changed. Throws ProgramError, Interrupted. */
  async networksOf(places: readonly NetworkPlace[]): Promise<readonly Network[]> {
    const sign = places.map(({ namespace, pid }) => `${namespace} ${networkSign(pid)}`).join('\n')
    const known = this.#networks
    if (known?.sign === sign && performance.now() - known.time < LONGEST_BELIEF) return known.found
    const found = await networksOf(places)
    this.#networks = { sign, time: performance.now(), found }
    return found
  }
}
