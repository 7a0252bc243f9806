/** A program in a lab that does what a wrong one may do: the machine outside stays as it was. */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Lab, USUAL_BOUNDS } from '../../runner/lab/lab.ts'
import { hierarchies } from '../../runner/lab/lab-cgroups.ts'
import { plainNode } from '../../runner/needs/plain-node.ts'
import {
  command,
  eventually,
  hostUnchanged,
  needs,
  patience,
  repository,
  scaled,
  temporaryDirectory,
} from '../harness/index.ts'

hostUnchanged()

type Options = NonNullable<Parameters<typeof Lab.open>[0]>
type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a script of bash in a lab. */
const run = (lab: Lab, script: string): Promise<Outcome> => {
  const [program, ...words] = lab.enter(['bash', '-c', script])
  return new Promise(resolve => {
    execFile(program!, words, { cwd: '/', env: lab.env, timeout: patience }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

const openLab = async (options: Options = {}): Promise<Lab> => {
  const lab = await Lab.open({ root: temporaryDirectory(), ...options })
  onTestFinished(() => lab.close())
  return lab
}

const expectAnswer = async (lab: Lab): Promise<void> =>
  expect(await run(lab, 'echo here')).toEqual({ code: 0, stdout: 'here\n', stderr: '' })

/** A home directory on this machine's disk: a lab would cover one in /tmp. */
const homeWithCanary = (): { home: string; canary: string } => {
  const home = mkdtempSync(join(repository, 'home-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const canary = join(home, 'canary')
  writeFileSync(canary, 'alive')
  return { home, canary }
}

const LAB = ['root', 'bash', 'unshare', 'nsenter']
const needsLab = needs(...LAB)

describe('the disk of this machine', needs(...LAB, 'kernel:5.12'), () => {
  test('cannot be written from a lab, by its caller and by rm -rf', async () => {
    const { home, canary } = homeWithCanary()
    const lab = await openLab({ env: { HOME: home } })
    expect(await run(lab, 'rm -rf ~')).toMatchObject({ code: 1, stderr: expect.stringContaining('Read-only') })
    expect(await run(lab, 'echo dead >~/canary')).toMatchObject({ stderr: expect.stringContaining('Read-only') })
    expect(readFileSync(canary, 'utf8')).toBe('alive')
    expect(readdirSync(home)).toEqual(['canary'])
  })

  test.each(['/tmp', '/var/tmp', '/dev/shm', '/run'])(
    'is covered in %s, and is read-only under that',
    async path => {
      const canary = join(path, `canary-${process.pid}`)
      writeFileSync(canary, 'alive')
      onTestFinished(() => rmSync(canary, { force: true }))
      const lab = await openLab()
      expect(await run(lab, `test ! -e ${canary} && echo dead >${canary} && echo written`)).toMatchObject({
        stdout: 'written\n',
      })
      const under = await run(lab, `umount -l ${path} && rm -f ${canary}`)
      expect(under).toMatchObject({ code: 1, stderr: expect.stringContaining('Read-only') })
      expect(readFileSync(canary, 'utf8')).toBe('alive')
    },
  )

  test('has devices of this machine only, and no new ones', async () => {
    const node = `/dev/canary-${process.pid}`
    onTestFinished(() => rmSync(node, { force: true }))
    const lab = await openLab()
    expect((await run(lab, `mknod ${node} c 1 3`)).stderr).toContain('Read-only')
    expect(existsSync(node)).toBe(false)
  })
})

describe('what Node and tsx keep', needsLab, () => {
  const cache = join(tmpdir(), `tsx-${process.geteuid?.()}`)
  const entry = join(cache, `canary-${process.pid}`)

  test.each([
    ['is written from a lab', {}, true],
    ['is not written from one that writes nothing', { isDiskReadOnly: true }, false],
  ])('%s', needs('kernel:5.12', 'overlay'), async (_, options, isWritten) => {
    mkdirSync(cache, { recursive: true })
    onTestFinished(() => rmSync(entry, { force: true }))
    const lab = await openLab(options)
    expect(await run(lab, `echo kept >${entry}; cat ${entry}`)).toEqual({ code: 0, stdout: 'kept\n', stderr: '' })
    expect(existsSync(entry)).toBe(isWritten)
  })
})

describe('in a lab', needsLab, () => {
  test('what the chapters write can be written', async () => {
    const lab = await openLab({ isDiskReadOnly: true })
    const groups = hierarchies().map(({ mountPoint }) => join(mountPoint, 'group'))
    const writes = `echo 1 >/proc/sys/net/ipv4/ip_forward; echo >/dev/null; echo >new; mkdir ${groups.join(' ')}`
    expect(await run(lab, writes)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('npx has nothing to complain about', needs('busybox'), async () => {
    const { home } = homeWithCanary() // npm has kept nothing there yet
    const lab = await openLab({
      root: repository,
      env: { HOME: home },
      isDiskReadOnly: true,
      bounds: USUAL_BOUNDS,
    })
    const outcome = await run(
      lab,
      'npx tsx chapters/04-allns/main.ts busybox /bin/true; npx skdocker --help >/dev/null',
    )
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('/proc shows nothing of this machine when it is unmounted', async () => {
    const lab = await openLab()
    expect(await run(lab, 'umount -l /proc; echo /proc/*')).toEqual({ code: 0, stdout: '/proc/*\n', stderr: '' })
    await expectAnswer(lab)
  })

  test('kill -9 -1 ends the programs and not the lab', async () => {
    const lab = await openLab()
    const sleeper = run(lab, 'exec sleep 79')
    await eventually('the sleeper', () => (processesIn(lab).length > 1 ? true : undefined))
    await run(lab, 'kill -9 -1')
    expect(await sleeper).not.toMatchObject({ code: 0 })
    await expectAnswer(lab)
  })
})

/** The processes of a lab, without entering it. */
const processesIn = (lab: Lab): string[] =>
  readdirSync(`/proc/${lab.pid}/root/proc`).filter(name => /^\d+$/.test(name))

describe('a lab with bounds', needsLab, () => {
  // An endless one would end this machine, should the limit be missing.
  const BOMB = 'bomb() { [ $1 = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; sleep 80; }; bomb 7'

  test('has no more processes than it may have, and is closed at once', needs('cgroup:pids'), async () => {
    const lab = await openLab({ bounds: { processes: 60 } })
    const bomb = run(lab, BOMB)
    await eventually('the limit', () => (processesIn(lab).length >= 55 ? true : undefined))
    for (let looks = 0; looks < 50; looks += 1) {
      expect(processesIn(lab).length).toBeLessThanOrEqual(60)
      await new Promise(resolve => setTimeout(resolve, scaled(20)))
    }
    const start = performance.now()
    await lab.close()
    expect(performance.now() - start).toBeLessThan(scaled(3000))
    await bomb
  })

  test('takes no more memory than it may take, and still answers', needs('cgroup:memory'), async () => {
    const lab = await openLab({ bounds: { memory: 64 * 1024 ** 2 } })
    const hungry = 'set -o pipefail; head -c 150M /dev/zero | tail -c 100M | wc -c'
    expect(await run(lab, hungry)).toMatchObject({ code: 137, stdout: '0\n' })
    await expectAnswer(lab)
  })

  test.each(['/tmp', '/var/tmp', '/dev/shm', '/run', '.'])('has %s full at its capacity', async path => {
    const lab = await openLab({ bounds: { capacity: 8 * 1024 ** 2 } })
    const filled = await run(lab, `head -c 32M /dev/zero >${path}/fill; stat -c %s ${path}/fill`)
    expect(filled.stderr).toContain('No space left')
    expect(Number(filled.stdout)).toBeLessThanOrEqual(8 * 1024 ** 2)
    await expectAnswer(lab)
  })
})

const OPEN = `
import { Lab } from '${repository}runner/lab/lab.ts'
const open = async isDiskReadOnly => {
  const lab = await Lab.open({ root: process.argv[2], isDiskReadOnly })
  await lab.close()
  return 'opened'
}
for (const isDiskReadOnly of [true, false]) console.log(await open(isDiskReadOnly).catch(({ message }) => message))
`

test(
  'a kernel without mount_setattr(2) is named, and does where the disk need not be read-only',
  needs(...LAB, 'strace', 'plain-node'),
  async () => {
    const root = temporaryDirectory()
    const file = join(root, 'open.mjs')
    writeFileSync(file, OPEN)
    const strace = '-f -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=ENOSYS'.split(' ')
    const { stdout } = await command('strace', ...strace, plainNode() as string, file, root).run()
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^no lab can be made here: its disk .* mount_setattr\(2\).* 5\.12, and this is \d/),
      'opened',
      '',
    ])
  },
)
