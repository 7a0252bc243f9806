import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'
import { pidArgument } from './pid-argument.ts'

const EXAMPLES = `
Examples:
  npx tsx runner.ts xray                       all containers of this machine, whoever made them
  npx tsx runner.ts xray 4711 --watch          those of one process and below it, drawn again as they change
  npx tsx runner.ts xray --svg xray.svg        a picture

A process is in a box if it has a namespace or a root directory of its own. So some services of the host are, too.
Nothing is written but the picture. Without root one sees one's own processes, and no networks.`

type Options = {
  readonly lang: Language
  readonly json?: true
  readonly svg?: string
  readonly watch?: true
}

const xray = async (root: number | undefined, { lang, json, svg, watch }: Options): Promise<void> => {
  const { showFacts, writePicture } = await import('../xray/show-facts.ts')
  if (svg !== undefined) return writePicture(svg, root)
  await showFacts({ root, language: lang, isJson: json === true, isWatching: watch === true })
}

/** xray: what the kernel has because of containers. */
export const addXray = (program: Command): void =>
  void program
    .command('xray')
    .description(
      'the containers of this machine as the kernel has them: processes, namespaces, limits, cables, layers',
    )
    .addArgument(pidArgument('[pid]', 'a process: it and those below it'))
    .option('--watch', 'draw it again as it changes')
    .option('--json', 'for programs; with --watch a line for each change')
    .option('--svg <file>', 'write a picture')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(xray)
