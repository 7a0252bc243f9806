/** A process, as the commands are given it. */

import { Argument, InvalidArgumentError } from 'commander'

const pidOf = (text: string): number => {
  const pid = Number(text)
  if (Number.isSafeInteger(pid) && pid > 0) return pid
  throw new InvalidArgumentError('a process is named by its pid: ps(1) shows it')
}

/**
 * The argument for a pid.
 * @param name `<pid>`, or `[pid]` where it may be left out
 */
export const pidArgument = (name: string, description: string): Argument =>
  new Argument(name, description).argParser(pidOf)
