/** What an error of skdocker's says to do is done here, and then the same command must work. */

import { expect, test } from 'vitest'
import { hostUnchanged, program } from '../harness/index.ts'
import { complaint, machine, needsSkdocker, newHome, Skdocker, script } from './little-host.ts'

const skdocker = new Skdocker(newHome())

hostUnchanged(machine)

/** What is between the last two quotation marks of a complaint. */
const quotedIn = (text: string): string => /"skdocker ([^"]+)"[^"]*$/.exec(text)?.[1] ?? `no command in ${text}`

/**
 * Runs what is refused, does what the complaint says, and runs it again.
 * @param cure the words that do it, by the complaint; by default those of the command that it quotes
 */
const cured = async (
  args: readonly string[],
  cure: (said: string) => string[] = said => quotedIn(said).split(' '),
): Promise<string> => {
  const said = complaint(await skdocker.run(args))
  await skdocker.out(...cure(said))
  await skdocker.out(...args)
  return said
}

const NONE = ['--network', 'none']

test('a name that is taken is free when its container is removed', needsSkdocker, async () => {
  await skdocker.out('run', ...NONE, '--name', 'first', 'busybox', 'true')
  const said = await cured(['run', ...NONE, '--name', 'first', 'busybox', 'true'], said => [
    'rm',
    /is taken by container (\w+): remove that or choose another/.exec(said)![1]!,
  ])
  expect(said).toContain('the name first')
  await skdocker.out('rm', 'first')
})

test('a running container is removed when it is stopped', needsSkdocker, async () => {
  await skdocker.out(
    'run',
    '-d',
    ...NONE,
    '--name',
    'runs',
    'busybox',
    ...script('trap exit TERM; while :; do sleep 0.1; done'),
  )
  expect(await cured(['rm', 'runs'])).toContain('is running: stop it first with "skdocker stop runs"')
})

test('an image is removed when the container that is made of it is', needsSkdocker, async () => {
  await skdocker.out('run', ...NONE, '--name', 'of-it', 'busybox', 'true')
  await skdocker.out('commit', 'of-it', 'mine')
  await skdocker.out('rm', 'of-it')
  await skdocker.out('run', ...NONE, 'mine', 'true')
  expect(await cured(['rmi', 'mine'])).toContain('is made of image mine')
})

test('of images and containers that are not there those are named that are', needsSkdocker, async () => {
  const noImage = complaint(await skdocker.run(['run', '--rm', ...NONE, 'bsybox', 'true']))
  const [, there = ''] = /there are: ([^,]+)/.exec(noImage) ?? []
  await skdocker.out('run', ...NONE, '--name', 'seen', there, 'true')
  const noContainer = complaint(await skdocker.run(['inspect', 'sen']))
  expect(await skdocker.out(...quotedIn(noContainer).split(' '))).toContain('seen')
  await skdocker.out('rm', 'seen')
})

test('the brain in a vat is asked in a container that runs', needsSkdocker, async () => {
  const ask = (name: string) =>
    program('08-container/main.ts')
      .on(machine)
      .run(['--inside', name], { env: { SKDOCKER_HOME: skdocker.home } })
  await skdocker.out('run', ...NONE, '--name', 'over', 'busybox', 'true')
  const { stderr } = await ask('over')
  const id = await skdocker.out(...quotedIn(stderr).split(' '))
  const { stdout, code } = await ask(id)
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/\S/) })
  await skdocker.out('rm', '-f', id, 'over')
})
