import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'
import { pidArgument } from './pid-argument.ts'

const EXAMPLES = `
Example:
  npx tsx runner.ts explain 4711

It prints what "skdocker run --explain" prints of a container that is to be. NEW_ROOT stands for the directory in which
the starter has put the root together: the kernel forgets its name.`

const explain = async (pid: number, { lang }: { readonly lang: Language }): Promise<void> => {
  const { explainProcess } = await import('../xray/explain-process.ts')
  const { harmless } = await import('../xray/describe.ts')
  const { xrayWords } = await import('../xray/xray-words.ts')
  const { showLines } = await import('#skdocker/explain-acts.ts')
  const { lines, unexplained } = await explainProcess(pid)
  console.log(showLines(lines.map(line => ({ ...line, call: harmless(line.call) }))))
  if (unexplained.length > 0) console.log(xrayWords(lang).unexplained(pid, unexplained))
}

/** explain PID: the acts that would make a process. */
export const addExplain = (program: Command): void =>
  void program
    .command('explain')
    .description('the acts that would make a process, read back from the kernel, each with its chapter')
    .addArgument(pidArgument('<pid>', 'a process: in a container, whoever made it, or of the host'))
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(explain)
