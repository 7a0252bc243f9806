/** Makes a group with a name and says so; keeps it until its input ends, and then leaves without removing it. */

import { createCgroup } from '#chapters/05-cgroup/cgroup.ts'

await createCgroup(process.argv[2] ?? '', { cpus: 0.2, memory: 2 ** 26, pids: 20 })
console.log('made')
process.stdin.resume()
