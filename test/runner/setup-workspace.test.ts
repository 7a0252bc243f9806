import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { withWorkspace } from '../../runner/setup/workspace.ts'
import { repository } from '../harness/index.ts'
import { oddDirectory } from './setup-fixture.ts'

/** A process that has a workspace in the directory and never ends by itself. */
const busySetup = async (directory: string) => {
  const script = `
    const { withWorkspace } = await import(${JSON.stringify(join(repository, 'runner/setup/workspace.ts'))})
    setInterval(() => {}, 1000)
    await withWorkspace(process.env.PARENT, async () => { console.log('ready'); await new Promise(() => {}) })`
  const setup = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: repository,
    env: { ...process.env, PARENT: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(setup.stdout, 'data')
  return setup
}

test('the workspace is private, and gone afterwards, also after a failure', async () => {
  const directory = oddDirectory()
  const failing = withWorkspace(directory, async workspace => {
    writeFileSync(join(workspace, 'half'), '')
    throw new Error('failed')
  })
  await expect(failing).rejects.toThrow('failed')
  expect(readdirSync(directory)).toEqual([])
})

test('a signal removes it, and the exit code says which', async () => {
  const directory = oddDirectory()
  const setup = await busySetup(directory)
  expect(readdirSync(directory)).toHaveLength(1)
  setup.kill('SIGTERM')
  expect(await once(setup, 'exit')).toEqual([143, null])
  expect(readdirSync(directory)).toEqual([])
})

test('what a killed run left is swept by the next, what a running one uses is not', async () => {
  const directory = oddDirectory()
  const [killed, running] = [await busySetup(directory), await busySetup(directory)]
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  expect(readdirSync(directory)).toHaveLength(2)
  // The pid of a killed run may be another process by now.
  mkdirSync(join(directory, `.setup-${process.pid}-1`))
  writeFileSync(join(directory, 'mine'), '')
  await withWorkspace(directory, async () => {})
  const left = readdirSync(directory)
  running.kill('SIGKILL')
  await once(running, 'exit')
  expect(left).toEqual([expect.stringContaining(`.setup-${running.pid}-`), 'mine'])
  expect(readFileSync(join(directory, 'mine'), 'utf8')).toBe('')
})

test('a killed run that nobody has waited for yet is no running one', async () => {
  const directory = oddDirectory()
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = Number(await once(parent.stdout, 'data'))
  const stat = () => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')
  await vi.waitUntil(() => stat()[2] === 'Z')
  mkdirSync(join(directory, `.setup-${pid}-${stat()[21]}`))
  await withWorkspace(directory, async () => {})
  parent.kill()
  expect(readdirSync(directory)).toEqual([])
})
