/** skdocker beside other engines, with a large image and a small one, fifty at once, and what a running container holds. */

import { spawn } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Candidate, median, print, sideBySide } from './measure.ts'
import { fetchPlainNode } from './plain-node.ts'
import { engine, run, TRUE, whole } from './run.ts'

const root = join(import.meta.dirname, '..')
const launcher = join(root, 'chapters/07-unionfs/skdocker.js')
const main = join(root, 'chapters/07-unionfs/main.ts')
const tsx = import.meta.resolve('tsx')

const GIGABYTE = 1e9
const AT_ONCE = 50
const DETACHED = 5

const skdocker = (node: string, ...args: string[]): string => run(node, [launcher, ...args])

const initNet = (...args: string[]): string =>
  run(process.execPath, ['--import', tsx, join(root, 'chapters/06-net/init-net.ts'), ...args])

const candidate = (name: string, node: string, ...args: string[]): Candidate => whole(name, node, launcher, ...args)

// Docker's daemon makes its bridge when it starts, podman with the first container, and both leave it there. Ours is there
// to stay when init-net.ts has made it; else a run makes one for itself.
const benchEngines = (node: string): void => {
  const others = ['docker', 'podman'].flatMap(name => engine(name, '--network', 'bridge'))
  const ours = ['run', '--rm', ...TRUE]
  const alone = candidate('skdocker run', node, ...ours)
  print(
    'the only container: it makes the bridge too, and takes it back',
    sideBySide([...others, alone], 10),
    'no goal: Docker and podman leave theirs',
  )
  initNet()
  try {
    const there = candidate('skdocker run', node, ...ours)
    const none = candidate('skdocker run --network none', node, 'run', '--rm', '--network', 'none', ...TRUE)
    const slow = whole('skdocker run, main.ts with tsx', node, '--import', tsx, main, ...ours)
    const times = sideBySide([...others, there, none, slow], 15)
    print('a container with a bridge network, from start to end', times, 'at most 0.40 of another engine’s')
  } finally {
    initNet('--down')
  }
}

const makeLarge = (images: string): void => {
  const large = join(images, 'large.tar')
  const filling = join(images, 'filling')
  copyFileSync(join(images, 'busybox.tar'), large)
  writeFileSync(filling, '')
  truncateSync(filling, GIGABYTE)
  run('tar', ['--append', '-f', large, '-C', images, 'filling'])
  rmSync(filling)
}

const benchImages = (node: string, home: string): void => {
  const { bavail, bsize } = statfsSync(home)
  if (bavail * bsize < 3 * GIGABYTE) {
    console.log(`\nskipped: an image of 1 GB: ${home} has no room for it, 3 GB are needed`)
    return
  }
  makeLarge(join(home, 'images'))
  const start = performance.now()
  skdocker(node, 'run', '--rm', '--network', 'none', 'large', '/bin/true')
  const unpacked = (performance.now() - start) / 1000
  const of = (name: string, image: string): Candidate =>
    candidate(name, node, 'run', '--rm', '--network', 'none', image, '/bin/true')
  const times = sideBySide([of('an image of 2 MB', 'busybox'), of('an image of 1 GB', 'large')], 15)
  print('start with an image that is unpacked already', times, 'at most 1.10')
  console.log(`  (the first start with 1 GB, which unpacks it: ${unpacked.toFixed(1)} s)`)
}

/** Starts one, and tells how it ended. */
const one = (node: string): Promise<{ code: number | null; stderr: string }> =>
  new Promise(resolve => {
    const child = spawn(node, [launcher, 'run', '--rm', ...TRUE], { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', data => {
      stderr += data
    })
    child.on('close', code => resolve({ code, stderr }))
  })

const benchAtOnce = async (node: string): Promise<void> => {
  const start = performance.now()
  const results = await Promise.all(Array.from({ length: AT_ONCE }, () => one(node)))
  const seconds = (performance.now() - start) / 1000
  const failed = results.filter(({ code }) => code !== 0)
  console.log(`\n${AT_ONCE} containers at once, each with a bridge network (all succeed)`)
  console.log(
    `  ${AT_ONCE - failed.length} of ${AT_ONCE} succeed, in ${seconds.toFixed(2)} s, ${((1000 * seconds) / AT_ONCE).toFixed(0)} ms each`,
  )
  for (const { code, stderr } of failed.slice(0, 3)) console.log(`  one ended with ${code}: ${stderr.trim()}`)
}

/** Kilobytes. Source: proc_pid_smaps(5); Pss is its own memory and its part of what it shares. */
const memory = (pid: number): { rss: number; pss: number } => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  return { rss: of('Rss'), pss: of('Pss') }
}

const parent = (pid: number): number =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])

const benchMemory = (node: string): void => {
  const names = Array.from({ length: DETACHED }, (_, index) => `held-${index}`)
  try {
    for (const name of names) skdocker(node, 'run', '-d', '--name', name, 'busybox', 'sleep', '1000')
    const inits: number[] = JSON.parse(skdocker(node, 'inspect', ...names)).map(
      ({ init }: { init: { pid: number } }) => init.pid,
    )
    const row = (name: string, pids: readonly number[]): void => {
      const all = pids.map(memory)
      const [rss, pss] = [median(all.map(each => each.rss)), median(all.map(each => each.pss))]
      console.log(`  ${name.padEnd(44)} Rss ${String(rss).padStart(5)} kB   Pss ${String(pss).padStart(5)} kB`)
    }
    console.log(`\nmemory per detached container, of ${DETACHED} that run (nothing but the shim waits for one)`)
    row('its shim', inits.map(parent))
    row('its command, sleep', inits)
  } finally {
    skdocker(node, 'rm', '-f', ...names)
  }
}

/** All of it, with images and containers in a directory of its own, which is gone afterwards. */
export const benchSkdocker = async (): Promise<void> => {
  if (process.getuid?.() !== 0) {
    console.log('\nskipped: skdocker: this takes root: run it again with sudo')
    return
  }
  const directory = mkdtempSync(join(tmpdir(), 'skdocker-bench-'))
  const home = join(directory, 'home')
  process.env.SKDOCKER_HOME = home
  try {
    mkdirSync(join(home, 'images'), { recursive: true })
    copyFileSync(join(root, 'images/busybox.tar'), join(home, 'images/busybox.tar'))
    const plain = fetchPlainNode(directory)
    const node = plain ?? process.execPath
    console.log(`\nskdocker.js, run by ${plain ? 'plain Node' : 'Node and tsx'} ${run(node, ['--version']).trim()}`)
    skdocker(node, 'run', '--rm', '--network', 'none', ...TRUE) // unpacks
    benchEngines(node)
    benchImages(node, home)
    await benchAtOnce(node)
    benchMemory(node)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
