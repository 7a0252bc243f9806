export { atStart } from './at-end.ts'
export { Command, command, type RunOptions, type StartOptions, type TerminalOptions } from './command.ts'
export { hostShell } from './host-shell.ts'
export { hostUnchanged } from './host-unchanged.ts'
export { littleHost, OTHER_RULES, requireSuccess, shellOn } from './little-host.ts'
export type { LiveProcess, Result } from './live-process.ts'
export { needs } from './needs.ts'
export { ours } from './ours.ts'
export { difference, expectSameHost, type Picture, picture } from './picture.ts'
export { limits, namespaces, openDescriptors, signals, status } from './proc/facts.ts'
export { commandOf, initOf } from './proc/init.ts'
export { type Mount, mountinfo } from './proc/mountinfo.ts'
export {
  children,
  descendants,
  isAlive,
  processes,
  readProcess,
  startedBy,
} from './proc/processes.ts'
export { foreignProgram, ourProgram, program, typescript } from './program.ts'
export { repository } from './repository.ts'
export { freshRootfs, temporaryDirectory } from './rootfs.ts'
export { quoted, shellWords } from './shell-words.ts'
export type { Terminal } from './terminal.ts'
export { eventually, patience, scaled, sleep, TimeoutError, within } from './timeout.ts'
export { host, sharedHost, type World, world } from './world.ts'
