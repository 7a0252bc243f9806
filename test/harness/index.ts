export { type Mount, mountinfo } from '../../runner/probe/mountinfo.ts'
export { limits, namespaces, openDescriptors, signals, status } from '../../runner/probe/process-facts.ts'
export {
  children,
  descendants,
  isAlive,
  processes,
  readProcess,
  startedBy,
} from '../../runner/probe/processes.ts'
export { atStart } from './at-end.ts'
export { Command, command, type RunOptions, type StartOptions, type TerminalOptions } from './command.ts'
export { hostShell } from './host-shell.ts'
export { hostUnchanged } from './host-unchanged.ts'
export { commandOf, initOf } from './init.ts'
export { littleHost, OTHER_RULES, requireSuccess, shellOn } from './little-host.ts'
export type { LiveProcess, Result } from './live-process.ts'
export { needs } from './needs.ts'
export { ours } from './ours.ts'
export { difference, expectSameHost, type Picture, picture } from './picture.ts'
export { foreignProgram, ourProgram, program, typescript } from './program.ts'
export { repository } from './repository.ts'
export { freshRootfs, temporaryDirectory } from './rootfs.ts'
export { quoted, shellWords } from './shell-words.ts'
export type { Terminal } from './terminal.ts'
export { eventually, patience, scaled, sleep, TimeoutError, within } from './timeout.ts'
export { host, sharedHost, type World, world } from './world.ts'
