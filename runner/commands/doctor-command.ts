import type { Command } from 'commander'
import { SOMETHING_FOUND } from '../usage-error.ts'

const EXAMPLES = `
Example:
  sudo npx tsx runner.ts doctor --json

Exit codes: 0 all chapters can run here, 1 something is in the way of one.
Everything is tried in namespaces of its own and is gone afterwards; the kernel may keep a module that it has loaded.`

const doctor = async ({ json = false }: { json?: boolean }): Promise<void> => {
  const { findChapters, projectRoot } = await import('../lesson/chapters.ts')
  const { colours, wantsColours } = await import('../colours.ts')
  const { examine } = await import('../doctor/examine-machine.ts')
  const { textWidth } = await import('../pager.ts')
  const { showReport } = await import('../doctor/doctor-report.ts')
  const report = await examine(projectRoot, findChapters())
  const text = json
    ? JSON.stringify(report, null, 2)
    : showReport(report, textWidth(), colours(wantsColours(process.stdout)))
  console.log(text)
  if (!report.ok) process.exitCode = SOMETHING_FOUND
}

/** doctor: what this machine can do, and what to do about what it cannot. */
export const addDoctor = (program: Command): void =>
  void program
    .command('doctor')
    .description('try what the chapters need of this machine, and tell the cure for what is missing')
    .option('--json', 'for programs')
    .addHelpText('after', EXAMPLES)
    .action(doctor)
