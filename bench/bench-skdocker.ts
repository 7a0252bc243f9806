/** skdocker beside other engines, with a large image and a small one, fifty at once, and what a running container holds. */

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
import { statOf } from '#native/process-state.ts'
import { isRoot } from '../runner/is-root.ts'
import { fetchPlainNode } from './fetch-plain-node.ts'
import { type Candidate, measureInTurn, median, printMedians } from './measure.ts'
import { engineCandidates, outputOf, runToEnd, TRUE, undoWith, wholeProcess } from './run-process.ts'

const root = join(import.meta.dirname, '..')
const launcher = join(root, 'skdocker/skdocker.js')
const main = join(root, 'skdocker/main.ts')
const tsx = import.meta.resolve('tsx')

const GIGABYTE = 1e9
const AT_ONCE = 50
const DETACHED = 5

const skdocker = (node: string, ...args: string[]): Promise<string> => outputOf(node, [launcher, ...args])

const initNet = ['--import', tsx, join(root, 'chapters/06-net/init-net.ts')]

const candidate = (name: string, node: string, ...args: string[]): Candidate =>
  wholeProcess(name, node, launcher, ...args)

// Docker's daemon makes its bridge when it starts, podman with the first container, and both leave it there. Ours is there
// to stay when init-net.ts has made it; else a run makes one for itself.
const benchEngines = async (node: string): Promise<void> => {
  const bridge = ['--network', 'bridge']
  const others = [
    ...(await engineCandidates('docker', ...bridge)),
    ...(await engineCandidates('podman', ...bridge)),
  ]
  const ours = ['run', '--rm', ...TRUE]
  const alone = candidate('skdocker run', node, ...ours)
  printMedians(
    'the only container: it makes the bridge too, and takes it back',
    await measureInTurn([...others, alone], 10),
    'no goal: Docker and podman leave theirs',
  )
  try {
    await outputOf(process.execPath, initNet)
    const there = candidate('skdocker run', node, ...ours)
    const none = candidate('skdocker run --network none', node, 'run', '--rm', '--network', 'none', ...TRUE)
    const slow = wholeProcess('skdocker run, main.ts with tsx', node, '--import', tsx, main, ...ours)
    const times = await measureInTurn([...others, there, none, slow])
    printMedians('a container with a bridge network, from start to end', times, 'at most 0.40 of another engine’s')
  } finally {
    await undoWith(process.execPath, ...initNet, '--down')
  }
}

const makeLarge = async (images: string): Promise<void> => {
  const large = join(images, 'large.tar')
  const filling = join(images, 'filling')
  copyFileSync(join(images, 'busybox.tar'), large)
  writeFileSync(filling, '')
  truncateSync(filling, GIGABYTE)
  await outputOf('tar', ['--append', '-f', large, '-C', images, 'filling'])
  rmSync(filling)
}

const benchImages = async (node: string, home: string): Promise<void> => {
  const { bavail, bsize } = statfsSync(home)
  if (bavail * bsize < 3 * GIGABYTE) {
    console.log(`\nskipped: an image of 1 GB: ${home} has no room for it, 3 GB are needed`)
    return
  }
  await makeLarge(join(home, 'images'))
  const start = performance.now()
  await skdocker(node, 'run', '--rm', '--network', 'none', 'large', '/bin/true')
  const unpacked = (performance.now() - start) / 1000
  const of = (name: string, image: string): Candidate =>
    candidate(name, node, 'run', '--rm', '--network', 'none', image, '/bin/true')
  const times = await measureInTurn([of('an image of 2 MB', 'busybox'), of('an image of 1 GB', 'large')])
  printMedians('start with an image that is unpacked already', times, 'at most 1.10')
  console.log(`  (the first start with 1 GB, which unpacks it: ${unpacked.toFixed(1)} s)`)
}

const benchAtOnce = async (node: string): Promise<void> => {
  const start = performance.now()
  const results = await Promise.all(
    Array.from({ length: AT_ONCE }, () => runToEnd(node, [launcher, 'run', '--rm', ...TRUE])),
  )
  const seconds = (performance.now() - start) / 1000
  const failed = results.filter(({ code }) => code !== 0)
  console.log(`\n${AT_ONCE} containers at once, each with a bridge network (all succeed)`)
  console.log(
    `  ${AT_ONCE - failed.length} of ${AT_ONCE} succeed, in ${seconds.toFixed(2)} s, ${((1000 * seconds) / AT_ONCE).toFixed(0)} ms each`,
  )
  for (const { code, stderr } of failed.slice(0, 3)) console.log(`  one ended with ${code}: ${stderr}`)
}

/** Kilobytes. Source: proc_pid_smaps(5); Pss is its own memory and its part of what it shares. */
const memory = (pid: number): { rss: number; pss: number } => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  return { rss: of('Rss'), pss: of('Pss') }
}

const parent = (pid: number): number => {
  const stat = statOf(pid)
  if (!stat) throw new Error(`process ${pid} has ended`)
  return stat.parent
}

const benchMemory = async (node: string): Promise<void> => {
  const ids: string[] = []
  try {
    for (let left = DETACHED; left > 0; left--) {
      const id = await skdocker(node, 'run', '-d', 'busybox', 'sleep', '1000')
      ids.push(id.trim())
    }
    const inits: number[] = JSON.parse(await skdocker(node, 'inspect', ...ids)).map(
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
    if (ids.length > 0) await undoWith(node, launcher, 'rm', '-f', ...ids)
  }
}

/** All of it, with images and containers in a directory of its own, which is gone afterwards. */
export const benchSkdocker = async (): Promise<void> => {
  if (!isRoot()) {
    console.log('\nskipped: skdocker: this takes root: run it again with sudo')
    return
  }
  const directory = mkdtempSync(join(tmpdir(), 'skdocker-bench-'))
  const home = join(directory, 'home')
  process.env.SKDOCKER_HOME = home
  try {
    mkdirSync(join(home, 'images'), { recursive: true })
    copyFileSync(join(root, 'images/busybox.tar'), join(home, 'images/busybox.tar'))
    const plain = await fetchPlainNode(directory)
    const node = plain ?? process.execPath
    console.log(
      `\nskdocker.js, run by ${plain ? 'plain Node' : 'Node and tsx'} ${(await outputOf(node, ['--version'])).trim()}`,
    )
    await skdocker(node, 'run', '--rm', '--network', 'none', ...TRUE) // unpacks
    await benchEngines(node)
    await benchImages(node, home)
    await benchAtOnce(node)
    await benchMemory(node)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
