import { type Command, InvalidArgumentError } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  sudo npx tsx runner.ts page
  sudo npx tsx runner.ts page 4 --no-open
  sudo npx tsx runner.ts page allns --port 8000 --lang zh

It prints the page's address and runs until it is ended, by Ctrl-C for instance. What stands behind the # lets a browser
in: keep it to yourself, for a terminal in the page is root on this machine. The server answers this machine alone.
The terminals are in a lab, which is gone soon after the page was closed. Without root the page can be read all the same.`

type Options = { readonly lang: Language; readonly port: number; readonly open: boolean }

const LARGEST_PORT = 65535

const portNamed = (given: string): number => {
  const port = Number(given)
  if (/^\d+$/.test(given) && port <= LARGEST_PORT) return port
  throw new InvalidArgumentError(`It is a number up to ${LARGEST_PORT}.`)
}

const page = async (given: string, { lang, port, open }: Options): Promise<void> => {
  const { textNamed } = await import('../lesson/text-named.ts')
  const text = textNamed(given)
  const { whyNoLab } = await import('../needs/lab-needs.ts')
  const { openPage } = await import('../page/open-page.ts')
  const { address } = await openPage({ text, language: lang, port, isToOpen: open })
  console.log(address)
  const why = whyNoLab()
  if (why) console.error(`skdocker: the page can be read, but it has no terminals: ${why}`)
  // A signal ends it: see close-at-signal.ts.
  await new Promise(() => {})
}

/** page [CHAPTER]: a chapter in the browser, beside real terminals. */
export const addPage = (program: Command): void =>
  void program
    .command('page')
    .description('a chapter in the browser: read it, and type beside it')
    .argument('[chapter]', 'its number or name: 4, 04, allns', '1')
    .addOption(languageOption())
    .option('--port <number>', 'of the server; by default one that is free', portNamed, 0)
    .option('--no-open', 'do not open a browser')
    .addHelpText('after', EXAMPLES)
    .action(page)
