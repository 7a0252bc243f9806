import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readlinkSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  children,
  eventually,
  freshRootfs,
  hostUnchanged,
  namespaces,
  needs,
  ours,
  program,
  temporaryDirectory,
} from '../harness/index.ts'
import { startShell } from './container.ts'

hostUnchanged()

describe('02-chroot/hello-shell.ts', ours(), () => {
  const hello = program('02-chroot/hello-shell.ts')
  const sh = realpathSync('/bin/sh')
  const executable = (pid: number): string => realpathSync(`/proc/${pid}/exe`)

  test('starts a shell whose parent it is, in the same root and namespaces, and ends with its code', async () => {
    const live = await hello.start()
    const shell = await eventually(
      'the shell',
      () => children(live.pid).find(({ pid, state }) => state !== 'Z' && executable(pid) === sh),
      { program: live },
    )
    expect(namespaces(shell.pid)).toEqual(namespaces())
    expect(readlinkSync(`/proc/${shell.pid}/root`)).toBe('/')
    live.write('echo $PPID; exit 7\n')
    expect(await live.exit()).toMatchObject({ stdout: `${live.pid}\n`, stderr: '', code: 7 })
  })
})

describe('02-chroot/main.ts', needs('root'), () => {
  const chroot = program('02-chroot/main.ts')

  describe('a root filesystem made by hand', needs('bash', 'ldd'), () => {
    const libraries = (file: string): string[] =>
      [...execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!)

    const copyInto = (rootfs: string, file: string): void => {
      mkdirSync(join(rootfs, dirname(file)), { recursive: true })
      copyFileSync(realpathSync(file), join(rootfs, file))
    }

    const runBash = (rootfs: string) => chroot.run([rootfs, '/bin/bash', '-c', 'echo $BASH_VERSION; /bin/ls'])
    const aboutBash = expect.stringMatching(/^[^\n]*\/bin\/bash[^\n]*\n$/)

    test('in an empty one there is no bash (row 3)', async () => {
      expect(await runBash(temporaryDirectory())).toMatchObject({ code: 127, stdout: '', stderr: aboutBash })
    })

    test('bash without its libraries cannot be started (row 4)', async () => {
      const rootfs = temporaryDirectory()
      copyInto(rootfs, '/bin/bash')
      expect(await runBash(rootfs)).toMatchObject({ code: 126, stdout: '', stderr: aboutBash })
    })

    test('bash with its libraries runs, and finds no ls', async () => {
      const rootfs = temporaryDirectory()
      for (const file of ['/bin/bash', ...libraries('/bin/bash')]) copyInto(rootfs, file)
      const complete = await runBash(rootfs)
      expect(complete).toMatchObject({ code: 127, stdout: expect.stringMatching(/^\d+\.\d+/) })
      expect(complete.stderr).toMatch(/\/bin\/ls: No such file/)
    })
  })

  describe('with busybox', needs('busybox'), () => {
    test('each user has a root of his own', async () => {
      const users = await Promise.all(
        ['one', 'two'].map(async name => {
          const rootfs = await freshRootfs(name)
          writeFileSync(join(rootfs, `file-of-${name}`), `${name}\n`)
          return { name, rootfs, container: await startShell('02-chroot/main.ts', [rootfs]) }
        }),
      )
      for (const { name, rootfs, container } of users) {
        expect(await container.ask('echo /file-of-*; cat /file-of-*')).toBe(`/file-of-${name}\n${name}\n`)
        // By its inode: after pivot_root(2) its path is / again.
        expect(statSync(`/proc/${container.init}/root/`).ino).toBe(statSync(rootfs).ino)
        expect(statSync(`/proc/${container.init}/cwd/`).ino).toBe(statSync(rootfs).ino)
      }
      for (const { container } of users) expect(await container.exit(3)).toMatchObject({ code: 3, stderr: '' })
    })

    test('only the root is new, every namespace is the one of the host (row 28)', async () => {
      const container = await startShell('02-chroot/main.ts', ['busybox'])
      expect(namespaces(container.init)).toEqual(namespaces())
      expect(await container.ask('hostname')).toBe(`${hostname()}\n`)
      // $$ is the same number inside and outside.
      expect(await container.ask('echo $$')).toBe(`${container.init}\n`)
    })

    test('.. from the root stays in it, and the working directory is / (row 20)', async () => {
      const rootfs = await freshRootfs()
      const script = 'pwd; cd ../..; pwd; stat -c %i . .. ../../..; cd etc/../../..; pwd'
      const { stdout } = await chroot.run([rootfs, '/bin/sh', '-c', script])
      const { ino } = statSync(rootfs)
      expect(stdout).toBe(`/\n/\n${ino}\n${ino}\n${ino}\n/\n`)
    })

    test('ps has nothing to show while /proc is empty', async () => {
      const { stdout, code } = await chroot.run(['busybox', '/bin/ps'])
      expect({ stdout, code }).toEqual({ stdout: expect.stringMatching(/^PID[^\n]*\n$/), code: 0 })
    })
  })
})
