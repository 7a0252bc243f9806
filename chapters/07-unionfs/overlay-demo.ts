/** Shows what becomes of files in the layers of an overlay, one experiment after the other. */

import { constants } from 'node:fs'
import { argv, clone, exitCode } from '#native/index.ts'
import { CLONE_NEWNS, MS_PRIVATE, MS_REC, SIGCHLD } from '#native/linux.ts'
import {
  chdir,
  close,
  dieWithParent,
  exec,
  ignoreFailure,
  mkdir,
  mount,
  open,
  type Step,
  write,
} from '#native/steps.ts'

argv('')

/** Each experiment changes merged/, and then looks what has become of upper/ and lower/. */
const EXPERIMENTS = `
look() { for layer in merged upper lower; do echo "  $layer/: $(cd $layer && for file in *; do
  if [ -c "$file" ]; then echo "$file (deleted)"; else echo "$file=$(cat "$file")"; fi
done | tr '\\n' ' ')"; done; }
echo 'at first';                                look
echo 'a new file in merged/';                   echo new > merged/new.txt; look
echo 'a file of upper/, changed in merged/';    echo changed > merged/upper.txt; look
echo 'a file of lower/, changed in merged/';    echo more >> merged/lower.txt; look
echo 'a file of lower/, deleted in merged/';    rm merged/gone.txt; look
`

// Once descriptor 0 is closed, it is the lowest free one, and so what open(2) returns.
const file = (path: string, text: string): Step[] => [
  ignoreFailure(close(0)),
  open(path, constants.O_CREAT | constants.O_WRONLY, 0o644),
  write(0, text),
]

const child = [
  dieWithParent(),
  mount('none', '/', null, MS_REC | MS_PRIVATE),
  mount('tmpfs', '/tmp', 'tmpfs'), // a place that is gone with this process
  chdir('/tmp'),
  ...['lower', 'upper', 'work', 'merged'].map(name => mkdir(name)),
  file('lower/lower.txt', 'lower\n'),
  file('lower/gone.txt', 'lower\n'),
  file('upper/upper.txt', 'upper\n'),
  mount('overlay', 'merged', 'overlay', 0, 'lowerdir=lower,upperdir=upper,workdir=work'),
  exec(['/bin/sh', '-c', EXPERIMENTS]),
]

const pid = clone(child, CLONE_NEWNS | SIGCHLD)
process.exitCode = await exitCode(pid)
