import { describe, expect, test } from 'vitest'
import { command, commandOf, hostShell, isAlive, needs, scaled } from './index.ts'

describe('a terminal', needs('pty'), () => {
  test('is one, of the size asked for', async () => {
    const terminal = await command('sh', '-c', 'tty; stty size').terminal([], { cols: 77, rows: 11 })
    await terminal.waitFor(/^\/dev\/pts\/\d+$/m)
    await terminal.waitFor('11 77')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('tells code and signal', async () => {
    expect(await (await command('sh', '-c', 'exit 42').terminal()).exit()).toMatchObject({ code: 42 })
    expect(await (await command('sh', '-c', 'kill -9 $$').terminal()).exit()).toEqual({
      code: null,
      signal: 'SIGKILL',
    })
  })

  test('takes keys and a new size', async () => {
    const terminal = await command(
      'sh',
      '-c',
      'trap "stty size; exit 5" WINCH; echo ready; read x; echo "<$x>"; read y',
    ).terminal()
    await terminal.waitFor('ready')
    terminal.enter('typed')
    await terminal.waitFor('<typed>')
    terminal.resize(66, 22)
    terminal.enter('')
    await terminal.waitFor('22 66')
    expect(await terminal.exit()).toMatchObject({ code: 5 })
  })

  test('shows no escape sequences', async () => {
    const terminal = await command('printf', '\\033[1;31mred\\033[0m\\033[6n.').terminal()
    await terminal.exit()
    expect(terminal.screen.text).toBe('red.')
  })

  test('ends what takes too long, and shows the screen', async () => {
    const terminal = await command('sh', '-c', 'trap "" HUP; echo here; sleep 81').terminal()
    await expect(terminal.exit(scaled(300))).rejects.toThrow(/still runs after \d+ ms:\nhere/)
    expect(isAlive(terminal.pid)).toBe(false)
  })
})

describe.each(['sh', 'bash'] as const)('a shell of the host: %s', shell => {
  test('answers', needs('pty', shell), async () => {
    const terminal = await hostShell({ shell })
    expect(await terminal.ask('echo one; echo two')).toBe('one\ntwo')
    expect(await terminal.ask('true')).toBe('')
    expect(await terminal.ask('stty -g')).toBe(await terminal.ask('stty -g'))
  })

  test('keeps its prompt to itself', needs('pty', shell), async () => {
    const terminal = await hostShell({ shell })
    expect(await terminal.ask('env | grep PS1')).toBe('')
  })

  test('has job control: Ctrl-C ends the job and not the shell', needs('pty', shell), async () => {
    const terminal = await hostShell({ shell })
    terminal.enter('sleep 82')
    const job = await commandOf(terminal)
    terminal.type('\x03')
    await terminal.expectPrompt(/^host\$ /m)
    expect(await terminal.ask('echo $?')).toBe('130')
    expect(isAlive(job)).toBe(false)
  })
})
