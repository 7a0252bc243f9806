import { Command, InvalidArgumentError, Option } from 'commander'
import { type Architecture, architectures, hostArchitecture } from './architecture.ts'

type Options = {
  readonly architecture: Architecture
  /** the version of Node inside, as npm takes it: `20`, `22.18.0` */
  readonly node: string
  /** what is run: part of a test file's path, or of a test's name */
  readonly only: string[]
  /** the machine is ended after so many */
  readonly minutes: number
  readonly memory: number
  readonly processors: number
}

const whole = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('it must be a whole number above 0')
  return Number(text)
}

const positive = (text: string): number => {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('it must be a number above 0')
  return number
}

const version = (text: string): string => {
  if (!/^\d+(\.\d+){0,2}$/.test(text)) throw new InvalidArgumentError('it must be like 20 or 22.18.0')
  return text
}

/** Reads the command line; --help, and what it does not understand, end the program. */
export const readOptions = (): Options => {
  const { arch, ...options } = new Command('npm run test:vm --')
    .description(
      'Runs the tests in a virtual machine with a kernel and a Debian of its own: cgroup v2, systemd, `/` shared.',
    )
    .addOption(
      new Option('--arch <name>', 'of the machine').choices(Object.keys(architectures)).default(hostArchitecture),
    )
    .option('--node <version>', 'of Node, inside', version, '20')
    .option('--only <pattern...>', "part of a test file's path, or else of a test's name", [
      'test/chapters',
      'test/parts',
      'test/skdocker',
      'test/native',
      'test/runner/check-all',
    ])
    .option('--minutes <number>', 'after which the machine is ended', positive, 300)
    .option('--memory <MiB>', 'of the machine', whole, 4096)
    .option('--processors <number>', 'of the machine', whole, 1)
    .allowExcessArguments(false)
    .parse()
    .opts<Omit<Options, 'architecture'> & { arch: string }>()
  return { ...options, architecture: architectures[arch]! } // choices() refuses any other name
}
