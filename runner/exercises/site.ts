/** Where programs are tried: in a lab, or, by a reader who is not root, on the machine itself. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { killIfAlive } from '../kill-if-alive.ts'
import { closeAtSignal, stopClosingAtSignal } from '../lab/close-at-signal.ts'
import type { Lab } from '../lab/lab.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { allPids } from '../probe/processes.ts'
import { readIfThere } from '../probe/read-if-there.ts'
import { scale } from '../scale.ts'
import { shellEnvironment } from '../terminal/shell-environment.ts'

const MARK = 'SKDOCKER_TRY'
const PATIENCE = 3000 * scale // ms for the ends of what was killed
const PAUSE = 10 // ms

/** The environment that a process was started with; empty for those of others, and for those that are gone. */
const environmentOf = (pid: number): string => readIfThere(`/proc/${pid}/environ`) ?? ''

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
      for (const pid of own) killIfAlive(pid)
      await sleep(PAUSE)
    }
    rmSync(this.scratch, { recursive: true, force: true })
    stopClosingAtSignal(this)
  }

  #processes(): number[] {
    return allPids().filter(pid => environmentOf(pid).split('\0').includes(`${MARK}=${this.scratch}`))
  }
}

/** Where programs are tried. */
export type Site = Lab | BareSite

/** A directory for files of checks, which is gone with its site. */
export const scratchOf = (site: Site): string => (site instanceof BareSite ? site.scratch : '/tmp')
