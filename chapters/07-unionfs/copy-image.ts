import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { argv, ProgramError } from '../../native/index.ts'
import { exec } from './commands/exec.ts'
import { ps } from './commands/ps.ts'
import { createContainer } from './container.ts'
import { unpackImage } from './image.ts'
import { runForeground } from './start.ts'
import { sweep } from './sweep.ts'

/** A container of its own whole copy of the image: right, and as large and as slow to make as the image is. */
const run = async ([image = '', ...command]: readonly string[]): Promise<number> => {
  const container = createContainer({ image, layers: [], command }, directory => {
    mkdirSync(join(directory, 'merged'))
    unpackImage(image, join(directory, 'rootfs'))
  })
  console.error(`container ${container.id}`)
  return runForeground(container, command)
}

const commands = { run, exec, ps }
const isCommand = (name: string): name is keyof typeof commands => Object.hasOwn(commands, name)

const [name, ...args] = argv('<run|exec|ps> [argument...]')
if (!isCommand(name)) throw new ProgramError(`there is no command ${JSON.stringify(name)}; see --help`)

await sweep()
process.exitCode = await commands[name](args)
