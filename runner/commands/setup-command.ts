import type { Command } from 'commander'

const EXAMPLES = `
Example:
  BUSYBOX=/usr/local/bin/busybox npx tsx runner.ts setup

"npm run setup" installs the packages first, and then does the same.`

const setup = async (): Promise<void> => {
  // A program of its own, which says what it does.
  await import('../setup.ts')
}

/** setup: busybox/, the tools of the host, images/. */
export const addSetup = (program: Command): void =>
  void program
    .command('setup')
    .description('complete busybox/ and images/, or repair them, and look for the tools')
    .addHelpText('after', EXAMPLES)
    .action(setup)
