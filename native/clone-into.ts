/**
 * Starts a command in a pid namespace in which others live already. They see the new process from its first moment on, and
 * root among them may read its memory, its program, its root directory and its descriptors. So the process that forks it
 * first executes a tiny program, which lies in memory and holds nothing but steps.
 */

import { closeSync, readSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { withCleanStart } from './clean-start.ts'
import { adopt, clone, exitCode } from './clone.ts'
import { Gate } from './gate.ts'
import * as libc from './libc.ts'
import * as linux from './linux.ts'
import { pidsOf, statOf } from './process-state.ts'
import { ownArchitecture } from './processor.ts'
import { ProgramError } from './program-error.ts'
import { type ProgramImage, programImage } from './program-image.ts'
import { deliverPendingSignals, listenToSignals } from './signals.ts'
import {
  close,
  close_range,
  dieWithParent,
  dup2,
  execveat,
  fchmod,
  fcntl,
  fork,
  ignoreFailure,
  mapOver,
  type Program,
  type Range,
  read,
  type Step,
  type StepResults,
} from './steps.ts'
import { SystemCallError } from './system-call-error.ts'
import { traceEndedChild } from './trace.ts'

const { CLONE_PARENT, F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, F_SETFD, SIGCHLD } = linux

/** The only descriptors beyond 2 that the program in memory finds. */
const [PROGRAM, GATE, RESULTS] = [202, 203, 204]

/** The results of steps, which a process has written to a file. */
class Results implements StepResults {
  readonly #fd: number
  readonly #at: number
  readonly #image: ProgramImage

  /** @param part 0 for the command, which writes as it goes on, and 1 for its maker, which writes once */
  constructor(fd: number, part: 0 | 1, image: ProgramImage) {
    this.#fd = fd
    this.#at = part * image.data.length
    this.#image = image
  }

  result(step: Step): number | undefined {
    this.#load()
    return this.#image.results.result(step)
  }

  time(step: Step): bigint {
    this.#load()
    return this.#image.results.time(step)
  }

  #load(): void {
    const { data } = this.#image
    readSync(this.#fd, data, 0, data.length, this.#at)
  }
}

/**
 * Makes a file in memory whose length can never change.
 * @param seal F_SEAL_WRITE where its bytes must not change either, or 0
 */
const sealedFile = (name: string, parts: readonly Uint8Array[], seal: number): number => {
  const fd = libc.memfdCreate(name)
  for (const part of parts) writeSync(fd, part)
  libc.fcntl(fd, F_ADD_SEALS, seal | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
  return fd
}

/** The step that makes the command. The command gets a copy of the memory, because whoever sees it may write to its memory. */
const makeCommand = (data: Range, insideSteps: readonly Step[]): Step =>
  ignoreFailure(
    fork(
      [
        mapOver(data, RESULTS), // from here on this program sees the result of every step
        close(RESULTS),
        dieWithParent(),
        read(GATE),
        close(GATE),
        ...insideSteps,
      ],
      CLONE_PARENT | SIGCHLD,
    ),
  )

const stepsOfMaker = (data: Range, command: Step): Step[] => [
  // Nobody can execute the program again: its permissions are gone before it can be seen.
  fchmod(PROGRAM, 0),
  close(PROGRAM),
  command,
  { call: 'pwrite64', arguments: [RESULTS, data.address, data.length, data.length] },
]

/** A program in memory that makes the command, and the file of its results. */
class MemoryProgram {
  readonly image: ProgramImage
  readonly programFd: number
  readonly resultsFd: number
  readonly gate = new Gate()
  makerSteps: readonly Step[] = []

  /** @throws SystemCallError, ProgramError */
  constructor(insideSteps: readonly Step[]) {
    this.image = programImage(data => {
      this.makerSteps = stepsOfMaker(data, makeCommand(data, insideSteps))
      return this.makerSteps
    }, ownArchitecture())
    this.programFd = sealedFile('skdocker', [this.image.bytes], F_SEAL_WRITE)
    this.resultsFd = sealedFile('skdocker-results', [this.image.data, this.image.data], 0)
  }

  get command(): Step {
    return this.makerSteps.find(({ child }) => child !== undefined)! // stepsOfMaker() has put it there
  }

  /** The steps by which a child becomes this program, after others. */
  enter(outsideSteps: Program): Program {
    return [
      dieWithParent(),
      dup2(this.programFd, PROGRAM),
      this.gate.handOn(GATE),
      dup2(this.resultsFd, RESULTS),
      ...outsideSteps,
      close_range(3, PROGRAM - 1),
      close_range(RESULTS + 1, linux.LAST_FD),
      ...[0, 1, 2].map(fd => ignoreFailure(fcntl(fd, F_SETFD, 0))), // Node has them closed by execve
      execveat(PROGRAM, ['skdocker']),
    ]
  }

  /**
   * The pid of the command, once its maker has ended. Somebody inside could have written that result, so only a
   * child of this program in a deeper pid namespace is believed to be the one.
   */
  pid(): number {
    const { command, resultsFd, image } = this
    const pid = new Results(resultsFd, 1, image).result(command) ?? 0
    if (pid < 0) throw new SystemCallError('clone', command.arguments, -pid)
    if (statOf(pid)?.parent === process.pid && pidsOf(pid).length > pidsOf(process.pid).length) return pid
    throw new ProgramError('the container has hidden its new process from this program: end the container')
  }

  close(): void {
    for (const fd of [this.programFd, this.resultsFd]) closeSync(fd)
  }
}

/** Does something, and returns the signals that were to end this program meanwhile. */
const collectSignals = async (act: () => Promise<void>): Promise<NodeJS.Signals[]> => {
  const noted: NodeJS.Signals[] = []
  const stopListening = listenToSignals(signal => void noted.push(signal))
  try {
    await act()
    await deliverPendingSignals()
    return noted
  } finally {
    stopListening()
  }
}

/**
 * Runs the maker to its end, by when it has made the command. It blocks all signals, so cloneInto() passes on those that
 * came.
 */
const runMaker = async (program: MemoryProgram, outsideSteps: Program): Promise<void> => {
  const pid = clone(program.enter(outsideSteps), SIGCHLD)
  const code = await exitCode(pid)
  traceEndedChild(pid, program.makerSteps, new Results(program.resultsFd, 1, program.image))
  if (code === 0) return
  throw new ProgramError(`the process that was to enter the container has ended with ${code}`, code)
}

/**
 * Starts a command as clone() does, but in a pid namespace in which others live. Until it executes the command, nothing of
 * this program can be reached through it: not its memory, program, root directory, working directory or descriptors.
 * @param outsideSteps the steps of a child that is not in that namespace yet, so that nobody there sees it: setns() with
 * CLONE_NEWPID is among them, and the change of the root. They may change any descriptor below 202
 * @param insideSteps the steps of the command. Its descriptors beyond 2 are closed already
 * @returns the command's pid, for exitCode()
 * @throws SystemCallError for a step of the first list that failed, ProgramError
 * Source: pid_namespaces(7), memfd_create(2), execveat(2)
 */
export const cloneInto = async (outsideSteps: Program, insideSteps: Program): Promise<number> => {
  const memoryProgram = new MemoryProgram(withCleanStart(insideSteps))
  try {
    const signals = await collectSignals(() => runMaker(memoryProgram, outsideSteps))
    const pid = memoryProgram.pid()
    const { resultsFd, image, command, gate } = memoryProgram
    adopt(pid, command.child ?? [], new Results(resultsFd, 0, image), () => memoryProgram.close())
    for (const signal of signals) libc.kill(pid, constants.signals[signal])
    gate.open()
    return pid
  } catch (error) {
    memoryProgram.gate.close()
    memoryProgram.close()
    throw error
  }
}
