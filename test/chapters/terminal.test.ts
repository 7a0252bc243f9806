import { constants, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  children,
  command,
  eventually,
  hostShell,
  hostUnchanged,
  initOf,
  isAlive,
  needs,
  openDescriptors,
  ours,
  processes,
  program,
  readProcess,
  type Terminal,
} from '../harness/index.ts'
import { BOTH_KINDS, privateHost } from './programs.ts'

const { O_APPEND, O_NONBLOCK } = constants

const place = privateHost()
hostUnchanged(place)

const needed = needs('root', 'busybox', 'pty')

const PROMPT = /^(.*)\/ # /m
const shellIn = (file: string): string => program(file).line(['busybox', '/bin/sh'])

/** The process group that the kernel takes for the foreground job of a process's terminal. */
const foregroundGroup = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5])
}

/** Starts a job and waits until the keys are its: dash, for one, loses a Ctrl-C that comes while it starts one. */
const startJob = async (terminal: Terminal, shell: number, line: string): Promise<number> => {
  terminal.enter(line)
  return eventually(`${line} in front`, () => jobInFront(shell), { program: terminal })
}

const jobInFront = (shell: number): number | undefined => {
  const group = foregroundGroup(shell)
  return processes().find(({ pgrp, comm }) => pgrp === group && comm === 'sleep')?.pid
}

/** What the caller finds, seen from outside: its own modes, which every command it runs shares, and who has the keys. */
const stateOf = async (terminal: Terminal) => {
  const open = openDescriptors(terminal.pid).filter(({ fd }) => fd < 3)
  return {
    modes: (await command('stty', '-g', '-F', open[0]!.target).run()).stdout,
    flags: open.map(({ flags }) => flags & (O_NONBLOCK | O_APPEND)),
    foreground: foregroundGroup(terminal.pid),
  }
}

describe.each(BOTH_KINDS)('%s in a terminal (row 18)', file => {
  test('a terminal stays one, with its size', needed, async () => {
    const terminal = await program(file).on(place).terminal(['busybox', '/bin/sh'], { cols: 77, rows: 11 })
    await terminal.expectPrompt(PROMPT)
    expect(terminal.screen.text).not.toContain("can't access tty")
    expect(await terminal.ask('for fd in 0 1 2; do [ -t $fd ] && echo $fd; done')).toBe('0\n1\n2')
    expect(await terminal.ask('stty size')).toBe('11 77')
    terminal.resize(66, 22)
    expect(await terminal.ask('stty size')).toBe('22 66')
    terminal.enter(`sh -c 'trap "stty size; exit" WINCH; echo set; while sleep 0.02; do :; done'`)
    await terminal.waitFor(/^set$/m)
    terminal.resize(55, 21)
    await terminal.waitFor('21 55')
    await terminal.waitFor(PROMPT)
    terminal.enter('exit 4')
    expect(await terminal.exit()).toMatchObject({ code: 4 })
  })

  test('jobs: Ctrl-C ends one, Ctrl-Z stops one, fg and bg go on, and the shell lives', needed, async () => {
    const terminal = await program(file).on(place).terminal(['busybox', '/bin/sh'])
    await terminal.expectPrompt(PROMPT)
    const init = await initOf(terminal)
    expect(foregroundGroup(init)).toBe(readProcess(init)!.pgrp)

    const job = await startJob(terminal, init, 'sleep 91')
    expect(readProcess(job)!.pgrp).not.toBe(readProcess(init)!.pgrp)
    terminal.type('\x03')
    await terminal.waitFor(PROMPT)
    expect(await terminal.ask('echo $?')).toBe('130')
    expect([isAlive(job), isAlive(init), isAlive(terminal.pid)]).toEqual([false, true, true])

    await startJob(terminal, init, 'sleep 92')
    terminal.type('\x1a')
    await terminal.waitFor(/Stopped/)
    await terminal.waitFor(PROMPT)
    // The job's SIGCHLD may cut short what the shell writes just then, and ash forgets it: here, its prompt.
    expect(await terminal.ask('bg >/dev/null; sleep 0.2; jobs')).toMatch(/Running +sleep 92/)
    await startJob(terminal, init, 'fg')
    terminal.type('\x03')
    await terminal.waitFor(PROMPT)

    terminal.type('\x03') // at the prompt: nobody's job
    await terminal.waitFor(PROMPT)
    terminal.type('\x04')
    expect(await terminal.exit()).toMatchObject({ code: 130 })
  })
})

test(
  '02-chroot/main.ts: Ctrl-C ends a command that is no shell, and the program tells so (row 10)',
  needed,
  async () => {
    const terminal = await hostShell()
    terminal.enter(program('02-chroot/main.ts').line(['busybox', '/bin/sleep', '93']))
    await initOf(terminal)
    terminal.type('\x03')
    await terminal.waitFor(/host\$ /)
    expect(await terminal.ask('echo $?')).toBe('130')
  },
)

test('02-chroot/hello-shell.ts gives a shell with job control, which outlives Ctrl-C', ours(needed), async () => {
  const terminal = await program('02-chroot/hello-shell.ts').terminal([], { env: { PS1: 'hello> ' } })
  await terminal.expectPrompt(/^(.*)hello> /m)
  const shell = foregroundGroup(terminal.pid)
  await startJob(terminal, shell, 'sleep 94')
  terminal.type('\x03')
  await terminal.waitFor(/hello> /m)
  expect(await terminal.ask('echo $?')).toBe('130')
  expect(terminal.screen.text).not.toContain("can't access tty")
  terminal.enter('exit 2')
  expect(await terminal.exit()).toMatchObject({ code: 2 })
})

describe.each(BOTH_KINDS)('%s leaves the terminal of its caller as it was (row 19)', file => {
  /** A caller that puts nothing right by itself, for it does not know of jobs and does not look at the terminal. */
  const enter = async () => {
    const caller = command('sh', '-c', `echo wait; read go; ${shellIn(file)}; echo back; exec sleep 95`)
    const terminal = await caller.on(place).terminal()
    await terminal.waitFor('wait')
    const before = await stateOf(terminal)
    terminal.enter('go')
    const [shown] = await terminal.waitFor(/^(.*)\/ # |^back/m)
    if (shown === 'back') throw new Error(`there was no prompt:\n${await terminal.report()}`)
    terminal.enter('stty raw -echo; echo spoilt')
    await terminal.waitFor(/^spoilt/m)
    const spoilt = await stateOf(terminal)
    expect(spoilt.modes).not.toBe(before.modes)
    expect(spoilt.foreground).not.toBe(before.foreground)
    return { terminal, starter: children(terminal.pid)[0]!.pid, before }
  }

  test('after an exit, before the caller goes on', needed, async () => {
    const { terminal, before } = await enter()
    terminal.type('exit\n')
    await terminal.waitFor(/^back/m)
    expect(await stateOf(terminal)).toEqual(before)
  })

  test('after SIGKILL', needed, async () => {
    const { terminal, starter, before } = await enter()
    process.kill(starter, 'SIGKILL')
    await expect.poll(() => stateOf(terminal)).toEqual(before)
  })
})

test('04-allns/main.ts in the background leaves the terminal to its caller', needed, async () => {
  const terminal = await hostShell({ world: place })
  const line = program('04-allns/main.ts').line(['busybox', '/bin/sh', '-c', 'exit 7'])
  terminal.enter(`${line} & wait $!; echo "code $?"`)
  expect((await terminal.waitFor(/^code (\d+)$/m))[1]).toBe('7')
})

describe('04-allns/main.ts in the background (row 19)', () => {
  const start = async () => {
    const terminal = await hostShell({ shell: 'bash', world: place })
    return { terminal, before: await stateOf(terminal) }
  }

  const allns = (...command: string[]): string => program('04-allns/main.ts').line(['busybox', ...command])

  test('leaves the terminal alone when it was put there', needed, async () => {
    const { terminal, before } = await start()
    terminal.enter(allns('/bin/sh', '-c', 'echo on; sleep 2'))
    await terminal.waitFor(/^on$/m)
    terminal.type('\x1a')
    await terminal.waitFor('Stopped')
    await terminal.waitFor(/host\$ /)
    await terminal.ask('bg')
    await eventually('its end', async () => (await terminal.ask('jobs')) === '' || undefined)
    expect(await stateOf(terminal)).toEqual(before)
    expect(await terminal.ask('echo still $((1+1))')).toBe('still 2')
  })

  test('gives back what its container has taken', needed, async () => {
    const { terminal, before } = await start()
    terminal.enter(`${allns('/bin/sh')} &`)
    // To a shell that sees no group but its own, it is in front.
    const inFront = () => foregroundGroup(terminal.pid)
    const thief = await eventually('the theft', () => (inFront() === before.foreground ? undefined : inFront()))
    process.kill(thief, 'SIGKILL')
    await eventually('its end', async () => (await stateOf(terminal)).foreground === before.foreground || undefined)
    expect((await stateOf(terminal)).modes).toBe(before.modes)
  })
})
