import { mkdirSync } from 'node:fs'
import { argv } from '#native/index.ts'
import { exec } from '#skdocker/commands/exec.ts'
import { ps } from '#skdocker/commands/ps.ts'
import { createContainer } from '#skdocker/create-container.ts'
import { findCommand, showCommands } from '#skdocker/find-command.ts'
import { unpackImage } from '#skdocker/image-store.ts'
import { runForeground } from '#skdocker/start-container.ts'
import { sweep } from '#skdocker/sweep.ts'

/** A container of its own whole copy of the image: right, and as large and as slow to make as the image is. */
const run = async ([image = '', ...command]: readonly string[]): Promise<number> => {
  const plan = {
    environment: {},
    workdir: '/',
    network: 'bridge',
    limits: {},
    autoRemove: false,
    detached: false,
  } as const
  const container = await createContainer({ ...plan, image, layers: [], command }, async ({ merged, rootfs }) => {
    mkdirSync(merged)
    await unpackImage(image, rootfs)
  })
  console.error(`container ${container.id}`)
  return runForeground(container, command)
}

const commands = {
  run: { act: run, help: 'a new container, of a copy of an image' },
  exec: { act: exec, help: 'another command in a container, or in the saved files of one that has ended' },
  ps: { act: ps, help: 'the containers there are' },
}

showCommands('copy-image.ts', commands)
const [name, ...args] = argv('<command> [argument...]')
const { act } = await findCommand(name, commands)
await sweep()
process.exitCode = await act(args)
