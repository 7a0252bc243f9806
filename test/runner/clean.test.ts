import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import {
  command,
  eventually,
  hostUnchanged,
  littleHost,
  needs,
  ourProgram,
  processes,
  repository,
  scaled,
  shellOn,
  temporaryDirectory,
} from '../harness/index.ts'
import { runner } from './runner.ts'

/** A machine with rules, devices and mounts of others. */
const machine = littleHost('a machine', {
  setup: `
  mount -t tmpfs run /run
  ip link add veth7654321 type veth peer name other
  ip link set veth7654321 alias "somebody else's"
  ip link add docker0 type bridge
  iptables -N OTHERS
  iptables -A FORWARD -j OTHERS
  iptables -t nat -N SKDOCKERLIKE
  iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE`,
})

hostUnchanged(machine)

const patient = { timeout: scaled(90_000) }
const output = shellOn(machine)

let home: string
let state: string
const env = () => ({ SKDOCKER_HOME: home, XDG_STATE_HOME: state })

const clean = (...args: string[]) =>
  runner.on(machine).run(['clean', ...args], { env: env(), timeout: scaled(60_000) })
const isReaper = ({ pid }: { readonly pid: number }): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0cleanup\0')
  } catch {
    return false // it has ended
  }
}

const skdocker = (...args: string[]) => ourProgram('skdocker/main.ts').on(machine).run(args, { env: env() })

describe.sequential('clean', needs('root', 'busybox', 'ip', 'iptables'), () => {
  beforeAll(async () => {
    home = temporaryDirectory()
    state = temporaryDirectory()
    await command('cp', '-a', join(repository, 'images'), home).run()
  })
  afterAll(() => skdocker('ps'))

  test('says so when nothing is left', patient, async () => {
    expect(await clean()).toMatchObject({
      stdout: 'Nothing of skdocker is left on this machine.\n',
      stderr: '',
      code: 0,
    })
  })

  test(
    'a bridge, its rules and forwarding: shown, left alone without --yes, then removed; the others stay',
    patient,
    async () => {
      const before = await output(
        'ip -o link | cut -d: -f2; iptables-save | grep -v "^#"; cat /proc/sys/net/ipv4/ip_forward',
      )
      await ourProgram('06-net/init-net.ts').on(machine).run()
      await output('iptables -t nat -N SKDOCKER-veth0000000')
      const shown = await clean()
      expect(shown).toMatchObject({ stderr: '', code: 1 })
      expect(shown.stdout).toMatch(/^bridge skdocker0, for 172\.16\.0\.0\/16/m)
      expect(shown.stdout).toMatch(/^firewall rules for veth0000000, which is gone$/m)
      expect(shown.stdout).not.toMatch(/docker0,.*docker0\b|veth7654321|OTHERS|SKDOCKERLIKE/)
      expect(await output('ip link show skdocker0; cat /proc/sys/net/ipv4/ip_forward')).toMatch(/\n1$/)
      expect(await clean('--yes')).toMatchObject({ stderr: '', code: 0 })
      expect(
        await output('ip -o link | cut -d: -f2; iptables-save | grep -v "^#"; cat /proc/sys/net/ipv4/ip_forward'),
      ).toBe(before)
    },
  )

  test('a cgroup that a killed program left, but not one beside it', patient, async () => {
    const { mountPoint } = hierarchyOf('pids')
    const others = join(mountPoint, 'skdocker-not')
    mkdirSync(others)
    onTestFinished(() =>
      command('rmdir', others)
        .run()
        .then(() => {}),
    )
    const ours = join(mountPoint, 'skdocker/4194000/inner')
    mkdirSync(ours, { recursive: true })
    const shown = await clean()
    expect(shown.stdout).toMatch(/^cgroup skdocker\/4194000$/m)
    expect(shown.stdout).not.toContain('skdocker-not')
    expect(existsSync(ours)).toBe(true)
    expect(await clean('-y')).toMatchObject({ stderr: '', code: 0 })
    expect(existsSync(join(mountPoint, 'skdocker'))).toBe(false)
    expect(existsSync(others)).toBe(true)
  })

  test('a cgroup in which somebody is stays, and he is named', patient, async () => {
    const { mountPoint } = hierarchyOf('pids')
    const group = join(mountPoint, 'skdocker/4194001')
    mkdirSync(group, { recursive: true })
    const sleeper = await command('sleep', '60').start()
    writeFileSync(join(group, 'cgroup.procs'), String(sleeper.pid))
    const { stdout, stderr, code } = await clean('--yes', '--force')
    expect(stdout).toContain(`cgroup skdocker/4194001: in use by processes ${sleeper.pid}`)
    expect(stderr).toContain('not removed: cgroup skdocker/4194001')
    expect(code).toBe(1)
    expect(readFileSync(join(group, 'cgroup.procs'), 'utf8')).toBe(`${sleeper.pid}\n`)
    await sleeper.end()
    expect(await clean('--yes')).toMatchObject({ code: 0 })
  })

  test('a mount in busybox/, and none of others', patient, async () => {
    const place = join(repository, 'busybox/proc')
    await output(`mount -t tmpfs ours "${place}"; mount -t tmpfs theirs /mnt`)
    onTestFinished(() => output('umount /mnt').then(() => {}))
    const shown = await clean()
    expect(shown.stdout).toBe(`mount ${place}\n\nNothing was removed: --yes does it.\n`)
    expect(await clean('--yes')).toMatchObject({ stderr: '', code: 0 })
    const mounts = await output('cat /proc/self/mounts')
    expect(mounts).not.toContain('ours')
    expect(mounts).toContain('theirs /mnt')
  })

  test('containers: a running one only with --force', patient, async () => {
    await skdocker('run', '--name', 'done', '--network', 'none', 'busybox', 'true')
    await skdocker('run', '-d', '--name', 'busy', 'busybox', 'sleep', '600')
    const { stdout, stderr, code } = await clean('--yes')
    expect(stdout).toMatch(/^removed: container [0-9a-f]{12} \(done, of image busybox\)$/m)
    expect(stderr).toMatch(/^not removed: container [0-9a-f]{12} \(busy, .*--force/m)
    expect(stderr).toMatch(/^not removed: bridge skdocker0/m)
    expect(code).toBe(1)
    expect((await skdocker('ps', '-a')).stdout).toMatch(/running.*busy/)
    expect(await clean('--yes', '--force')).toMatchObject({ stderr: '', code: 0 })
    expect(existsSync(join(home, 'containers'))).toBe(false)
    expect(await output('ip -o link')).not.toContain('skdocker0')
    // The shim of the container has found nothing left to do, but takes its time to see it.
    await eventually('the end of the shim', () => !processes().some(isReaper) || undefined)
  })

  test('containers of chapter 07: a running one only with --force', patient, async () => {
    const main = ourProgram('07-unionfs/main.ts').on(machine)
    const copy = ourProgram('07-unionfs/copy-image.ts').on(machine)
    const args = ['run', '--network', 'none', 'busybox', '/bin/sh', '-c']
    await copy.run([...args, 'true'], { env: env() })
    const running = await main.start([...args, 'echo started; cat'], { env: env() })
    await running.stdout.waitFor('started')
    const { stdout, stderr, code } = await clean('--yes')
    expect(stdout).toMatch(/^removed: container busybox-[0-9a-f]{8} of chapter 07$/m)
    expect(stderr).toMatch(/^not removed: container busybox-[0-9a-f]{8} of chapter 07: .* processes \d+: --force/m)
    expect(code).toBe(1)
    expect(running.hasEnded).toBe(false)
    expect(await clean('--yes', '--force')).toMatchObject({ stderr: '', code: 0 })
    expect((await running.exit()).code).toBe(137)
    expect(existsSync(join(home, 'containers'))).toBe(false)
  })

  test('a container whose state is damaged is removed, too', patient, async () => {
    mkdirSync(join(home, 'containers/0123456789ab'), { recursive: true })
    writeFileSync(join(home, 'containers/0123456789ab/state.json'), '{')
    expect((await clean()).stdout).toContain('container 0123456789ab, whose state cannot be read')
    expect(await clean('--yes')).toMatchObject({ stderr: '', code: 0 })
    expect(existsSync(join(home, 'containers'))).toBe(false)
  })

  test('the place that walk keeps, but no file of others beside it', patient, async () => {
    mkdirSync(join(state, 'skdocker'))
    writeFileSync(join(state, 'skdocker/walk.json'), '{"04-allns":{"section":1,"command":0}}')
    writeFileSync(join(state, 'other'), '')
    expect(await clean('--yes')).toMatchObject({ stderr: '', code: 0 })
    expect(existsSync(join(state, 'skdocker'))).toBe(false)
    expect(existsSync(join(state, 'other'))).toBe(true)
  })

  test('on a terminal it asks, and only yes is yes', { ...patient, ...needs('pty') }, async () => {
    const place = join(state, 'skdocker/walk.json')
    mkdirSync(join(state, 'skdocker'))
    writeFileSync(place, '{}')
    const answer = async (line: string) => {
      const terminal = await runner.on(machine).terminal(['clean'], { env: env() })
      await terminal.waitFor('[y/N]')
      terminal.enter(line)
      return (await terminal.exit()).code
    }
    expect(await answer('')).toBe(1)
    expect(existsSync(place)).toBe(true)
    expect(await answer('y')).toBe(0)
    expect(existsSync(place)).toBe(false)
  })
})
