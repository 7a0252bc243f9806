/** A child that changes the flags of its terminal. */

import { clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'

// Of the three Node has its own 1 and 2. GNU’s dd sets flags for the output it is given, and leaves them so.
const script = 'dd if=/dev/null status=none conv=notrunc oflag=nonblock,append >&0; echo changed; exec sleep 60'
const pid = clone([dieWithParent(), exec(['/bin/sh', '-c', script])], SIGCHLD)
process.exitCode = await exitCode(pid)
