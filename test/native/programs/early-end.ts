/** Ends while it waits for its child. */

import { clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'

setTimeout(() => process.exit(3), 100)
await exitCode(clone([dieWithParent(), exec(['/bin/sleep', '60'])], SIGCHLD))
