import { Command, type TerminalOptions } from './command.ts'
import type { Terminal } from './terminal.ts'
import { host, type World } from './world.ts'

const shells = { sh: ['sh'], bash: ['bash', '--norc', '--noprofile', '--noediting'] }

/**
 * A person's shell in a terminal, at its prompt: `await shell.ask('stty -g')` before and after, and between
 * them `shell.enter(chroot.line(['busybox', '/bin/sh']))`.
 * @param options.shell default: sh
 * @param options.world default: the host
 */
export const hostShell = async (
  options: TerminalOptions & { shell?: 'sh' | 'bash'; world?: World } = {},
): Promise<Terminal> => {
  const { shell = 'sh', world = host, ...rest } = options
  const terminal = await new Command(shells[shell], world).terminal([], rest)
  await terminal.waitFor(/[#$] $/)
  // Not through the environment: the container's shell would inherit the prompt.
  terminal.enter("PS1='host$ '")
  await terminal.expectPromptAfterwards(/^host\$ /m)
  return terminal
}
