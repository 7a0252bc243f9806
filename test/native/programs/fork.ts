/** Shows what becomes of a child that goes on in JavaScript: fork(2), called as any other function of libc. */

import { invoke } from '#native/ffi.ts'
import { libc, print } from '#native/index.ts'

const PR_SET_DUMPABLE = 4
invoke('prctl', 'int', [PR_SET_DUMPABLE, 0]) // a child that crashes must leave no core file behind

const pid = invoke('fork', 'int', []).value as number
if (pid === 0) print('here is the child')
else print(`the child was ended by signal ${libc.waitpidSync(pid) & 0x7f}`) // Source: waitpid(2), WTERMSIG
