/** Locks a directory, says so on stderr a few thousand times, and keeps the lock until its input ends. */

import { once } from 'node:events'
import { withLock } from '#native/file-lock.ts'
import { getopt, print, say } from '#native/index.ts'

const { options, operands } = getopt('<directory>', {
  talk: { type: 'boolean', help: 'as much as no pipe can take' },
})

await withLock(operands[0], async () => {
  // Four times what a pipe takes while nobody reads.
  for (let line = 0; options.talk && line < 4096; line++) say('x'.repeat(63))
  print('locked')
  process.stdin.resume()
  await once(process.stdin, 'end')
})
