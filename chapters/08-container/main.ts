/** Tells whether a process looks like a container, from outside; with --inside, a script asks from inside. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError } from '#native/index.ts'
import { findContainer, stateOf } from '#skdocker/container-state.ts'
import { enterContainer } from '#skdocker/enter-container.ts'
import { compareLabels, verdict } from './compare-labels.ts'
import { type Labels, readLabels } from './labels.ts'

const { options, operands } = getopt('<pid>', {
  inside: { type: 'boolean', help: 'ask from inside: <pid> is the name or id of a container of skdocker' },
})
const [asked] = operands

/** The labels of the host's first process. When it may not be looked at, this program stands for it. */
const readFirst = (): { readonly name: string; readonly labels: Labels } => {
  try {
    return { name: 'process 1 of the host', labels: readLabels(1) }
  } catch {
    return { name: 'this program, for process 1 may not be looked at', labels: readLabels(process.pid) }
  }
}

/** The duck test judges a process from outside, where everything can be seen. */
const duckTest = (pid: number): void => {
  const labels = readLabels(pid)
  const first = readFirst()
  const compared = compareLabels(labels, first.labels, readLabels(process.pid))
  console.log(`process ${pid} (${labels.command}), beside ${first.name}\n`)
  for (const { name, own, seen } of compared)
    console.log(`  ${name.padEnd(18)} ${(own ? 'its own' : "the host's").padEnd(11)} ${seen}`)
  console.log(`\n${verdict(compared)}`)
}

/** The brain in a vat asks from inside. A shell has to do that, because there is no Node inside. */
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
