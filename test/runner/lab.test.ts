import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mounts } from '#native/mountinfo.ts'
import { Lab } from '../../runner/lab/lab.ts'
import { hierarchies, LabGroups, leftoverGroups, sweepGroups } from '../../runner/lab/lab-cgroups.ts'
import {
  eventually,
  freshRootfs,
  hostUnchanged,
  isAlive,
  needs,
  repository,
  temporaryDirectory,
  typescript,
} from '../harness/index.ts'

hostUnchanged()

const HOLD = `
import { Lab } from '${repository}runner/lab/lab.ts'
const open = async () => {
  const lab = await Lab.open({ root: process.argv[2] })
  const shell = await lab.openShell()
  await shell.enter('setsid sleep 78 &')
  await shell.answer({ timeout: 10_000 })
  console.log(\`ready \${lab.pid}\`)
  setInterval(() => {}, 1000)
}
void open()
`

const holder = () => {
  const root = temporaryDirectory()
  const file = join(root, 'hold.mts')
  writeFileSync(file, HOLD)
  return { root, hold: typescript(file) }
}

describe('a lab', needs('root', 'pty', 'bash', 'unshare', 'nsenter'), () => {
  test('has a hostname, a network, mounts and groups of its own', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'of-the-host-'))
    const lab = await Lab.open({ root: temporaryDirectory() })
    const shell = await lab.openShell()
    const ask = async (command: string) => {
      await shell.enter(command)
      return (await shell.answer({ timeout: 20_000 })).lines
    }
    try {
      expect(await ask('hostname')).toEqual(['lab'])
      expect(await ask('ls /sys/class/net')).toEqual(['lo'])
      expect(await ask('ls -A /tmp | grep of-the-host; ls /run | grep -v mount')).toEqual([])
      expect(await ask('echo $(sed "s/.*::*//; s/init.scope//" /proc/self/cgroup | sort -u)')).toEqual(['/'])
      expect(await ask('stty size; tty | sed "s/[0-9]*$//"')).toEqual(['40 100', '/dev/pts/'])
      expect(await ask("ps -e -o comm= | sort | uniq -c | awk '{ print $1, $2 }'")).toContain('2 bash')
    } finally {
      await lab.close()
      rmdirSync(outside)
    }
  })

  test('has its project as a copy, in which busybox/ is no mount', async () => {
    const root = join(await freshRootfs('busybox'), '..')
    const lab = await Lab.open({ root })
    const shell = await lab.openShell()
    try {
      await shell.enter(
        'touch busybox/left left; chroot busybox /bin/sh -c "mount -t proc p /proc; mount; umount /proc"',
      )
      expect((await shell.answer({ timeout: 20_000 })).lines).toEqual([
        expect.stringMatching(/^p on \/proc type proc/),
      ])
      expect(mounts().filter(({ mountPoint }) => mountPoint.startsWith(root))).toEqual([])
    } finally {
      await lab.close()
    }
  })

  test('has windows that see each other', async () => {
    const lab = await Lab.open({ root: temporaryDirectory() })
    const [one, two] = [await lab.openShell(), await lab.openShell()]
    try {
      await one.enter('sleep 76 &')
      await one.answer({ timeout: 20_000 })
      await two.enter('pgrep -c -f "^sleep 76"')
      expect(await two.answer({ timeout: 20_000 })).toEqual({ lines: ['1'], prompt: '$ ' })
    } finally {
      await lab.close()
    }
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('is gone after %s, with its groups', async signal => {
    const { root, hold } = holder()
    const live = await hold.start([root])
    const [, pid] = await live.stdout.waitFor(/ready (\d+)/)
    process.kill(live.pid, signal)
    expect((await live.exit()).code).toBe(signal === 'SIGTERM' ? 143 : 130)
    await eventually('the end of the lab', () => (isAlive(Number(pid)) ? undefined : true))
    expect(leftoverGroups()).toEqual([])
  })

  test('is gone after SIGKILL; the next lab takes away its groups', async () => {
    const { root, hold } = holder()
    const live = await hold.start([root])
    const [, pid] = await live.stdout.waitFor(/ready (\d+)/)
    process.kill(live.pid, 'SIGKILL')
    await live.exit()
    await eventually('the end of the lab', () => (isAlive(Number(pid)) ? undefined : true))
    await eventually('the end of its groups', () => {
      sweepGroups()
      return leftoverGroups().length === 0 ? true : undefined
    })
  })
})

const v2 = hierarchies().find(({ version }) => version === 2)?.mountPoint ?? ''
const wordsOf = (file: string): string[] =>
  v2 ? readFileSync(join(v2, file), 'utf8').split(/\s+/).filter(Boolean) : []
const handedDown = (): string[] => wordsOf('cgroup.subtree_control')
// One that nobody uses: what the chapters limit is in use on most machines.
const [spare = ''] = wordsOf('cgroup.controllers').filter(name => !handedDown().includes(name))
const needsSpare = spare
  ? needs('root')
  : { skip: true, meta: { missing: ['needs a v2 controller, not handed down yet by the root'] } }

describe('a controller of v2 that is handed down for labs', needsSpare, () => {
  test('is taken back by the last of them', async () => {
    const one = new LabGroups(91, [spare])
    const two = new LabGroups(92, [spare])
    expect(handedDown()).toContain(spare)
    await one.remove()
    expect(handedDown()).toContain(spare)
    await two.remove()
    expect(handedDown()).not.toContain(spare)
  })

  test('is taken back by the next lab, when its own was killed', async () => {
    const lab = new LabGroups(93, [spare])
    const [group] = lab.roots.filter(path => path.startsWith(v2))
    const ofTheDead = group!.replace(`-${process.pid}-`, '-4194305-') // beyond every pid
    mkdirSync(ofTheDead)
    rmdirSync(join(group!, 'init.scope'))
    rmdirSync(group!)
    expect(handedDown()).toContain(spare)
    expect(sweepGroups()).toContain(ofTheDead)
    expect(handedDown()).not.toContain(spare)
    await lab.remove()
  })
})
