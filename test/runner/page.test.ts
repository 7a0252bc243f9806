import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { leftoverGroups, sweepGroups } from '../../runner/lab/lab-cgroups.ts'
import type { Text } from '../../runner/lesson/chapters.ts'
import { pageBundle } from '../../runner/page/bundle.ts'
import { callerOf } from '../../runner/page/caller.ts'
import { openPage } from '../../runner/page/open-page.ts'
import { readShownFile } from '../../runner/page/page-links.ts'
import { TOKEN_HEADER } from '../../runner/page/protocol.ts'
import { RedirectFile } from '../../runner/page/redirect-file.ts'
import { atEnd } from '../harness/at-end.ts'
import {
  command,
  descendants,
  hostUnchanged,
  needs,
  patience,
  processes,
  repository,
  scaled,
  shellWords,
  sleep,
  temporaryDirectory,
} from '../harness/index.ts'
import { type Address, addressIn, ask, Reader } from './page-client.ts'
import { oneLine, runner } from './runner.ts'

hostUnchanged()

// Made before a test looks at the machine.
await pageBundle()

const LESSON = `# 98 · lesson

Words <script>stolen = 1</script> and <img src=x onerror="stolen = 2">, a [link](javascript:stolen=3).

<script>stolen = 4</script>

<iframe srcdoc="<script>parent.stolen = 5</script>"></iframe>

| <b onclick="stolen=6">table</b> |
| --- |
| <svg onload="stolen = 7"> |

<details><summary>A <img src=x onerror="stolen=8"> question</summary>

An answer.

</details>

<img src="x.svg" width="600" alt="a &quot; onerror=&quot;stolen=9">

\`\`\`ts
const x = '</code><script>stolen = 10</script>'
\`\`\`

## Commands

\`\`\`console
$ echo "sum $((40 + 2)) <script>stolen=11</script>"
sum 42 <script>stolen=11</script>
$ echo other
one
$ sleep 600
$ ^C
/ # echo inside
inside
\`\`\`

<!-- varies:
me [..ME..]
-->
\`\`\`console
$ echo me $$
me 4
\`\`\`

<!-- varies:
me [..ME..]
-->
\`\`\`console
$ echo me $$
me 4
\`\`\`
`

const lessonText = (): Text => {
  const folder = temporaryDirectory()
  const files = { en: join(folder, 'README.md'), zh: join(folder, 'README.zh-CN.md') }
  for (const file of Object.values(files)) writeFileSync(file, LESSON)
  return { name: '98-lesson', folder, files }
}

const soon = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: patience, interval: 50 })

const AWAY = scaled(1500) // ms that a page may be away in these tests

/** A page of the lesson, served by this process. */
const servedPage = async (): Promise<Address> => {
  const text = lessonText()
  const page = await openPage({ text, texts: [text], language: 'en', port: 0, isToOpen: false, patience: AWAY })
  atEnd(() => page.close())
  return addressIn(page.address)
}

const lab = needs('root', 'pty', 'bash', 'unshare', 'nsenter')

describe('the server', () => {
  test('gives the page to a browser of this machine, and the text to who has the token', async () => {
    const page = await servedPage()
    expect(await ask(page, page.path)).toMatchObject({
      status: 200,
      body: expect.stringContaining('<!doctype html>'),
    })
    const text = await ask(page, '/api/text/98-lesson/en', { [TOKEN_HEADER]: page.token })
    expect(JSON.parse(text.body)).toMatchObject({ title: '98 · lesson', terminals: ['one'] })
  })

  test.each(['/api/text/98-lesson/en', '/api/file?path=package.json', '/api/picture?path=assets/native-child.svg'])(
    'without the token gives nothing of %s',
    async path => {
      const page = await servedPage()
      expect(await ask(page, path, { [TOKEN_HEADER]: page.token })).toMatchObject({ status: 200 })
      expect(await ask(page, path)).toMatchObject({ status: 401, body: 'the token is missing\n' })
      expect(await ask(page, path, { [TOKEN_HEADER]: `${page.token}x` })).toMatchObject({ status: 401 })
    },
  )

  test('gives the token away nowhere', async () => {
    const page = await servedPage()
    for (const path of [page.path, '/', '/main.js', '/style.css'])
      expect(JSON.stringify(await ask(page, path))).not.toContain(page.token)
  })

  test('refuses another Host, as a rebound name has it, and another Origin', async () => {
    const page = await servedPage()
    const token = { [TOKEN_HEADER]: page.token }
    const [, port] = page.host.split(':')
    for (const headers of [
      { host: `evil.example:${port}` },
      { host: '127.0.0.1' },
      { origin: 'http://evil.example' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: 'null' },
    ])
      for (const path of [page.path, '/main.js', '/api/text/98-lesson/en'])
        expect(await ask(page, path, { ...token, ...headers })).toMatchObject({ status: 403 })
    expect(await ask(page, page.path, { host: `localhost:${port}` })).toMatchObject({ status: 200 })
  })

  test('listens on the loopback alone', async () => {
    const { host } = await servedPage()
    const port = Number(host.split(':')[1]).toString(16).toUpperCase().padStart(4, '0')
    const sockets = ['tcp', 'tcp6'].flatMap(name => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
    const listening = sockets.map(line => line.trim().split(/\s+/)).filter(([, , , state]) => state === '0A')
    const own = listening.map(([, local]) => local!).filter(local => local.endsWith(`:${port}`))
    expect(own).toEqual([`0100007F:${port}`])
  })

  test('allows a browser no script but its own, and no other page to frame it', async () => {
    const page = await servedPage()
    const { headers } = await ask(page, page.path)
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map(rule => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
    )
    expect(policy.get('default-src')).toBe("'none'")
    expect(policy.get('script-src')).toBe("'self'")
    expect(policy.get('connect-src')).toBe("'self'")
    expect(policy.get('frame-ancestors')).toBe("'none'")
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
  })

  test('leaves out the HTML of a text: a script in it stays text', async () => {
    const page = await servedPage()
    const { body } = await ask(page, '/api/text/98-lesson/en', { [TOKEN_HEADER]: page.token })
    const { html } = JSON.parse(body)
    expect(html).toContain('An answer.')
    const tags = [...html.matchAll(/<([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/g)]
    expect(html.replace(/<\/?[a-z0-9]+(?:\s+[a-z-]+(?:="[^"]*")?)*\s*>/g, '')).not.toContain('<')
    expect(tags.map(([, name]) => name)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/script|iframe|svg|^b$/)]),
    )
    for (const [, , attributes] of tags) {
      const names = [...attributes.replace(/"[^"]*"/g, '').matchAll(/[a-z-]+/g)].map(([name]) => name)
      expect(names.filter(name => name.startsWith('on') || name === 'src' || name === 'srcdoc')).toEqual([])
      expect(attributes).not.toContain('javascript:')
    }
  })

  test('shows files of the project, and no others', () => {
    expect(readShownFile('chapters/01-shell/main.ts')).toBeDefined()
    for (const path of [
      '../p/x',
      '/etc/passwd',
      'chapters/../../etc/passwd',
      '.git/config',
      'node_modules/tsx/package.json',
    ])
      expect(readShownFile(path), path).toBeUndefined()
  })

  test('shows no file that a link in the project leads out to', () => {
    const link = join(repository, 'assets/link-of-a-test')
    symlinkSync('/etc/passwd', link)
    atEnd(async () => rmSync(link))
    expect(readShownFile('assets/link-of-a-test')).toBeUndefined()
  })
})

describe('the WebSocket', () => {
  test('is closed for a wrong token, and for any message before the token', async () => {
    const page = await servedPage()
    const hello = { type: 'hello', session: undefined, text: '98-lesson', language: 'en' } as const
    for (const message of [{ ...hello, token: 'x' }, { type: 'reset' }, { type: 'run', step: 0 }] as const) {
      const reader = await Reader.connect(page)
      reader.send(message)
      expect(await reader.closed()).toBe(4401)
      expect(reader.messages).toEqual([])
    }
  })

  test('is refused to another Origin, to none, and to another Host', async () => {
    const page = await servedPage()
    const evil = { origin: 'http://evil.example', host: page.host }
    await expect(Reader.connect(page, evil)).rejects.toThrow('403')
    await expect(Reader.connect(page, { origin: '' })).rejects.toThrow('403')
    const rebound = { host: 'evil.example:80', origin: 'http://evil.example:80' }
    await expect(Reader.connect(page, rebound)).rejects.toThrow('403')
  })
})

describe('the shells of a page', { timeout: scaled(90_000), ...lab }, () => {
  test('type what a button says, and compare it as check does', async () => {
    const reader = await Reader.open(await servedPage())
    expect(await reader.run(0)).toEqual({ step: 0, state: 'same' })
    expect(await reader.run(1)).toMatchObject({ state: 'different', detail: ['- one', '+ other'] })
    expect(await reader.run(4)).toMatchObject({ state: 'refused', message: expect.stringContaining('container') })
    expect(await reader.run(5)).toMatchObject({ state: 'same' })
    expect(await reader.run(6)).toMatchObject({ state: 'same' })
    expect(reader.shown).not.toContain('inside')
  })

  test('take a key while a command runs, and refuse a command', async () => {
    const reader = await Reader.open(await servedPage())
    expect(await reader.run(2)).toMatchObject({ state: 'same' })
    expect(await reader.run(0)).toMatchObject({ state: 'refused', message: expect.stringContaining('Ctrl-C') })
    expect(await reader.run(3)).toMatchObject({ state: 'same' })
    expect(await reader.run(0)).toMatchObject({ state: 'same' })
  })

  test('are the same after a reload, and are gone when the page was closed', async () => {
    const page = await servedPage()
    const first = await Reader.open(page)
    await first.waitFor(/\$ /)
    first.type('exec -a of-this-page sleep 600 & echo "sum $((40 + 2))"; x=kept\r')
    await first.waitFor(/sum 42/)
    first.close()
    const again = await Reader.open(page, first.session)
    expect(again.session).toBe(first.session)
    await again.waitFor(/sum 42/)
    again.type('echo "still $x"\r')
    await again.waitFor(/still kept/)
    const ours = () => processes().filter(({ pid }) => commandLine(pid).startsWith('of-this-page'))
    expect(ours()).toHaveLength(1)
    again.close()
    await soon(() => expect(ours()).toEqual([]))
  })

  test('are others after the lab was reset, and what was done is forgotten', async () => {
    const page = await servedPage()
    const reader = await Reader.open(page)
    await reader.run(0)
    reader.type('touch /tmp/of-the-lab\r')
    reader.send({ type: 'reset' })
    await reader.wait(({ type }) => type === 'reset')
    const again = await Reader.open(page, reader.session)
    expect(again.messages[0]).toEqual({ type: 'welcome', session: reader.session, results: [] })
    again.type('ls /tmp/of-the-lab\r')
    await again.waitFor(/cannot access/)
  })

  test('are opened again by Enter when one has ended', async () => {
    const reader = await Reader.open(await servedPage())
    await reader.waitFor(/\$ /)
    reader.type('exit\r')
    await reader.waitFor(/The shell has ended/)
    reader.type('\r')
    await reader.wait(({ type }) => type === 'reopen')
    reader.send({ type: 'open', terminal: 'one', cols: 100, rows: 30 })
    expect(await reader.run(0)).toMatchObject({ state: 'same' })
  })

  test('wait while the page does not draw what they write', async () => {
    const reader = await Reader.open(await servedPage())
    await reader.waitFor(/\$ /)
    reader.type('seq 500000; echo "the $((1 + 1))nd"\r')
    const MOST = 2_000_000 // characters, of 3.9 million
    await soon(() => expect(reader.length).toBeGreaterThan(MOST / 2))
    await sleep(500)
    const { length } = reader
    await sleep(500)
    expect(reader.length).toBe(length)
    expect(length).toBeLessThan(MOST)
    let drawn = 0
    const draw = setInterval(() => {
      reader.send({ type: 'drawn', terminal: 'one', length: reader.length - drawn })
      drawn = reader.length
    }, 20)
    await reader.waitFor(/the 2nd/)
    clearInterval(draw)
  })
})

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

describe('the file that leads a browser to the page', needs('root', 'setpriv'), () => {
  const readAs = (uid: number, path: string) =>
    command('setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', 'cat', path).run()

  test('can be read by the caller, behind sudo too, and by no other user', async () => {
    const caller = callerOf({ SUDO_UID: '1234', SUDO_GID: '1234' })
    expect(caller).toEqual({ uid: 1234, gid: 1234 })
    const file = new RedirectFile('http://127.0.0.1:1/x#token=secret', caller)
    atEnd(async () => file.remove())
    expect(await readAs(1234, file.path)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('#token=secret'),
    })
    expect(await readAs(65534, file.path)).toMatchObject({ code: 1, stdout: '' })
    expect(statSync(dirname(file.path))).toMatchObject({ uid: 0 })
  })

  test('is gone when its server was closed, and with the next page where it was killed', async () => {
    const caller = callerOf({})
    const left = join(tmpdir(), 'skdocker-page-4194304-1-left')
    mkdirSync(left)
    const file = new RedirectFile('http://127.0.0.1:1/', caller)
    expect(existsSync(left)).toBe(false)
    file.remove()
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('skdocker-page-'))).toEqual([])
  })
})

describe('page', { timeout: scaled(90_000) }, () => {
  test(
    'prints its address and nothing else, runs until it is ended, and gives the browser a file',
    needs('root'),
    async () => {
      const directory = temporaryDirectory()
      writeFileSync(
        join(directory, 'xdg-open'),
        `#!/bin/sh\necho "$@" >${directory}/opened\ncp "$1" ${directory}/seen\n`,
        {
          mode: 0o755,
        },
      )
      const env = { PATH: `${directory}:${process.env.PATH}`, DISPLAY: ':1', SUDO_UID: undefined }
      const live = await runner.start(['page', '4'], { env })
      const { input } = await live.stdout.waitFor(/\n/)
      const page = addressIn(input)
      expect(page.path).toBe('/04-allns/en')
      await soon(() => expect(readFileSync(join(directory, 'seen'), 'utf8')).toContain(page.token))
      expect(readFileSync(join(directory, 'opened'), 'utf8')).not.toContain(page.token)
      live.kill('SIGTERM')
      expect(await live.exit()).toMatchObject({ code: 143, stdout: input })
      expect(readdirSync(tmpdir()).filter(name => name.startsWith('skdocker-page-'))).toEqual([])
    },
  )

  test('leaves nothing of its shells when it is killed', lab, async () => {
    const live = await runner.start(['page', '4', '--no-open'])
    const { input } = await live.stdout.waitFor(/\n/)
    const reader = await Reader.open(addressIn(input))
    await reader.waitFor(/\$ /)
    reader.type('setsid bash -c "exec -a of-a-killed-page sleep 600" &\r')
    const ours = () => processes().filter(({ pid }) => commandLine(pid).startsWith('of-a-killed-page'))
    await soon(() => expect(ours()).toHaveLength(1))
    // tsx has a process of its own before the server's.
    const servers = descendants(live.pid).filter(({ pid }) => commandLine(pid).includes('runner.ts\0page'))
    for (const pid of [live.pid, ...servers.map(({ pid }) => pid)]) process.kill(pid, 'SIGKILL')
    await soon(() => expect(ours()).toEqual([]))
    // As the next lab does.
    await soon(() => {
      sweepGroups()
      expect(leftoverGroups()).toEqual([])
    })
  })

  test('can be read without root, and says what does not work', needs('root', 'setpriv'), async () => {
    const READER = '-all,+dac_read_search'
    const nobody = [
      ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
      ...['--inh-caps', READER, '--ambient-caps', READER, '--bounding-set', READER],
      ...shellWords(runner.line(['page', '4', '--no-open'])),
    ]
    // Without its cache tsx leaves no directory of this user's in /tmp.
    const env = { TSX_DISABLE_CACHE: '1', NODE_COMPILE_CACHE: undefined }
    const live = await command(...nobody).start([], { env })
    const { input } = await live.stdout.waitFor(/\n/, scaled(60_000))
    await live.stderr.waitFor(/^skdocker: the page can be read, but it has no terminals: needs root: .*\n$/)
    const page = addressIn(input)
    const text = await ask(page, '/api/text/04-allns/en', { [TOKEN_HEADER]: page.token })
    expect(text.status).toBe(200)
    const reader = await Reader.open(page)
    await reader.wait(message => message.type === 'lab' && message.state === 'none')
    await sleep(200)
    expect(reader.messages.at(-1)).toMatchObject({ state: 'none', why: expect.stringContaining('needs root') })
    expect(reader.shown).toBe('')
  })

  test('says why a port cannot be had', async () => {
    const { host } = await servedPage()
    const [, port = ''] = host.split(':')
    expect(await runner.run(['page', '--no-open', '--port', port], { timeout: patience })).toMatchObject(
      oneLine(125, /port \d+ is taken: name another/),
    )
    expect(await runner.run(['page', '--port', '70000'])).toMatchObject(oneLine(2, /It is a number up to 65535/))
  })
})

test('what is stale is made anew', async () => {
  const kept = join(repository, 'web/built/page.json')
  const before = readFileSync(kept, 'utf8')
  const { inputs } = JSON.parse(before)
  writeFileSync(
    kept,
    JSON.stringify({ script: 'old', style: 'old', inputs: { ...inputs, 'web/main.ts': 'other' } }),
  )
  expect((await pageBundle()).script).toContain('skdocker-token')
  expect(readFileSync(kept, 'utf8')).toBe(before)
})
