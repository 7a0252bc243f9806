import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError } from '#native/index.ts'
import { findContainer, stateOf } from '#skdocker/container-state.ts'
import { enterContainer } from '#skdocker/enter-container.ts'
import { type Facts, factsOf } from './facts.ts'
import { compare, verdict } from './points.ts'

const { options, operands } = getopt('<pid>', {
  inside: { type: 'boolean', help: 'ask from inside: <pid> is the name or id of a container of skdocker' },
})
const [asked] = operands

/** What an ordinary process of the host has; where its first one may not be looked at, this program is as good. */
const ordinary = (): { readonly name: string; readonly facts: Facts } => {
  try {
    return { name: 'process 1 of the host', facts: factsOf(1) }
  } catch {
    return { name: 'this program, for process 1 may not be looked at', facts: factsOf(process.pid) }
  }
}

/** The duck test: from outside everything is to be seen. */
const duckTest = (pid: number): void => {
  const it = factsOf(pid)
  const { name, facts } = ordinary()
  const points = compare(it, facts, factsOf(process.pid))
  console.log(`process ${pid} (${it.command}), beside ${name}\n`)
  for (const { name: point, own, seen } of points)
    console.log(`  ${point.padEnd(18)} ${(own ? 'its own' : "the host's").padEnd(11)} ${seen}`)
  console.log(`\n${verdict(points)}`)
}

/** The brain in a vat: there is no Node inside, so a shell has to ask. */
const brainInAVat = (name: string): Promise<number> => {
  const container = findContainer(name)
  if (stateOf(container) !== 'running')
    throw new ProgramError(
      `container ${name} does not run: nobody is in it to ask, start one with "skdocker run -d"`,
    )
  const script = readFileSync(join(import.meta.dirname, 'vat.sh'), 'utf8')
  return enterContainer(container, container.init!.pid, ['/bin/sh', '-c', script])
}

if (options.inside) process.exitCode = await brainInAVat(asked)
else if (/^[1-9]\d{0,9}$/.test(asked)) duckTest(Number(asked))
else throw new ProgramError(`${JSON.stringify(asked)} is no pid: it takes the number of a process, see --help`)
