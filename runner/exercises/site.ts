/** Where programs are tried: in a lab, or, by a reader who is not root, on the machine itself. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TAKES_ROOT } from '#native/program-error.ts'
import { isRoot } from '../is-root.ts'
import { closeAtSignal, stopClosingAtSignal } from '../lab/close-at-signal.ts'
import { Lab, LabError, USUAL_BOUNDS } from '../lab/lab.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { scale } from '../scale.ts'
import { shellEnvironment } from '../terminal/shell-environment.ts'

const MARK = 'SKDOCKER_TRY'
const PATIENCE = 3000 * scale // ms for the ends of what was killed
const PAUSE = 10 // ms

/** The environment that a process was started with; empty for those of others, and for those that are gone. */
const environmentOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

const killIfAlive = (pid: string): void => {
  try {
    process.kill(Number(pid), 'SIGKILL')
  } catch {
    // It was quicker.
  }
}

/** The machine itself, without isolation: what is tried there may do what the reader may do. */
export class BareSite {
  readonly root = projectRoot
  readonly pid = process.pid
  /** for the files of checks; its name marks the processes that belong to this site */
  readonly scratch = mkdtempSync(join(tmpdir(), 'skdocker-try-'))

  constructor() {
    closeAtSignal(this)
  }

  get env(): Record<string, string> {
    return shellEnvironment({ [MARK]: this.scratch, NODE_COMPILE_CACHE: join(this.scratch, 'node-compile-cache') })
  }

  enter(words: readonly string[]): string[] {
    return ['sh', '-c', 'cd "$0" && exec "$@"', this.root, ...words]
  }

  /** Ends what was started here and inherited this environment, and removes the files. */
  async close(): Promise<void> {
    const limit = performance.now() + PATIENCE
    for (let own = this.#processes(); own.length > 0 && performance.now() < limit; own = this.#processes()) {
      own.forEach(killIfAlive)
      await sleep(PAUSE)
    }
    rmSync(this.scratch, { recursive: true, force: true })
    stopClosingAtSignal(this)
  }

  #processes(): string[] {
    const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
    return pids.filter(pid => environmentOf(pid).split('\0').includes(`${MARK}=${this.scratch}`))
  }
}

/** Where programs are tried. */
export type Site = Lab | BareSite

/** A directory for files of checks, which is gone with its site. */
export const scratchOf = (site: Site): string => (site instanceof BareSite ? site.scratch : '/tmp')

/**
 * A lab for programs that are not to be trusted: the disk of this machine cannot be written to, and there is an end to
 * what they can use.
 * @param keep directories of theirs, which must be seen in it
 * @throws LabError
 */
export const openTrialLab = (keep: readonly string[] = []): Promise<Lab> =>
  Lab.open({ isDiskReadOnly: true, bounds: USUAL_BOUNDS, keep })

/**
 * Opens a site. Root always gets a lab, because root's programs can harm the machine.
 * @param needsRoot whether nothing but a lab will do
 * @param keep directories that must be seen in a lab
 * @throws LabError that says what to do
 */
export const openSite = async (needsRoot = true, keep: readonly string[] = []): Promise<Site> => {
  if (isRoot()) return openTrialLab(keep)
  if (needsRoot) throw new LabError(TAKES_ROOT)
  return new BareSite()
}
