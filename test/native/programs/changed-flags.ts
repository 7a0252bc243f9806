/** A child that changes the flags of its terminal. */

import { constants } from 'node:fs'
import { clone, exitCode } from '../../../native/index.ts'
import { F_SETFL, SIGCHLD } from '../../../native/linux.ts'
import { dieWithParent, exec, fcntl } from '../../../native/steps.ts'

const { O_RDWR, O_NONBLOCK, O_APPEND } = constants
const command = exec(['/bin/sh', '-c', 'echo changed; exec sleep 60'])
const pid = clone([dieWithParent(), fcntl(0, F_SETFL, O_RDWR | O_NONBLOCK | O_APPEND), command], SIGCHLD)
process.exitCode = await exitCode(pid)
