/** Tells whether a process looks like a container, from outside; with --inside, a script asks from inside. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError, print } from '#native/index.ts'
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
  print(`process ${pid} (${labels.command}), beside ${first.name}\n`)
  for (const { name, own, seen } of compared)
    print(`  ${name.padEnd(18)} ${(own ? 'its own' : "the host's").padEnd(11)} ${seen}`)
  print(`\n${verdict(compared)}`)
}

/** Runs the tool as a user would; what it complains of is seen on stderr. */
const skdocker = (args: readonly string[], stdout: 'pipe' | 'inherit'): { code: number; stdout: string } => {
  const command = join(import.meta.dirname, '../../skdocker/skdocker.js')
  const result = spawnSync(process.execPath, [command, ...args], { stdio: ['inherit', stdout, 'inherit'] })
  if (result.error) throw result.error
  return { code: result.status ?? 1, stdout: String(result.stdout ?? '') }
}

/** The brain in a vat asks from inside. A shell has to do that, because there is no Node inside. Returns the exit code. */
const brainInAVat = (name: string): number => {
  const { code, stdout } = skdocker(['inspect', '--', name], 'pipe')
  if (code !== 0) return code
  const [container]: { state?: unknown }[] = JSON.parse(stdout)
  if (container?.state !== 'running')
    throw new ProgramError(
      `container ${name} does not run: nobody is in it to ask, start one with "skdocker run -d busybox /bin/sleep 1000"`,
    )
  const script = readFileSync(join(import.meta.dirname, 'vat.sh'), 'utf8')
  return skdocker(['exec', '--', name, '/bin/sh', '-c', script], 'inherit').code
}

if (options.inside) process.exitCode = brainInAVat(asked)
else if (/^[1-9]\d{0,9}$/.test(asked)) duckTest(Number(asked))
else throw new ProgramError(`${JSON.stringify(asked)} is no pid: it takes the number of a process, see --help`)
