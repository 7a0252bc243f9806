/** Changes the mask of a child, twice. */

import { clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { exec, umask } from '#native/steps.ts'

const pid = clone([umask(0o027), umask(0), exec(['/bin/true'])], SIGCHLD)
process.exitCode = await exitCode(pid)
