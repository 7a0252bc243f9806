/**
 * Starts a command in a pid namespace in which other processes live already, as `skdocker exec` does. They see the new
 * process from its first moment on, and root among them may read its memory, its program, its root directory and its
 * descriptors. In a child of clone() all of these are Node's. So clone() starts another process first, the maker, which
 * they do not see. The maker executes a tiny program that lies in memory and holds nothing but steps, and one of these
 * steps makes the command.
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

/**
 * The only descriptors beyond 2 that the program in memory finds: its own file, the gate at which the command waits for
 * this program, and the file of the results. The numbers are high, so that the steps before are free to use lower ones.
 */
const [PROGRAM, GATE, RESULTS] = [202, 203, 204]

/** The results of steps, which a process has written to a file. */
class ResultsInFile implements StepResults {
  readonly #fd: number
  readonly #offset: number
  readonly #image: ProgramImage

  /** @param part of the file: the command writes to part 0 after each step, and its maker to part 1 at the end */
  constructor(fd: number, part: 0 | 1, image: ProgramImage) {
    this.#fd = fd
    this.#offset = part * image.data.length
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
    readSync(this.#fd, data, 0, data.length, this.#offset)
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

/**
 * The step that makes the command. CLONE_VM is not among the flags, so that the command gets a copy of the maker's memory:
 * whoever sees the command may write to its memory.
 */
const makeCommand = (data: Range, insideSteps: readonly Step[]): Step =>
  ignoreFailure(
    fork(
      [
        mapOver(data, RESULTS), // from here on each result goes into the file, where this program reads it
        close(RESULTS),
        dieWithParent(),
        read(GATE),
        close(GATE),
        ...insideSteps,
      ],
      CLONE_PARENT | SIGCHLD,
    ),
  )

/** The steps of the maker, once it has become the program in memory. */
const stepsOfMaker = (data: Range, command: Step): Step[] => [
  // Its permissions are gone before anybody can see the file, so that nobody can execute it again.
  fchmod(PROGRAM, 0),
  close(PROGRAM),
  command,
  { call: 'pwrite64', arguments: [RESULTS, data.address, data.length, data.length] },
]

/** The program in memory that the maker executes, the file of its results, and the gate. */
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
    return this.makerSteps.find(({ child }) => child !== undefined)! // stepsOfMaker() puts it there
  }

  /** The steps of a child that carries out the given ones, and then becomes this program. */
  execAfter(outsideSteps: Program): Program {
    return [
      dieWithParent(),
      dup2(this.programFd, PROGRAM),
      this.gate.handOn(GATE),
      dup2(this.resultsFd, RESULTS),
      ...outsideSteps,
      close_range(3, PROGRAM - 1),
      close_range(RESULTS + 1, linux.LAST_FD),
      ...[0, 1, 2].map(fd => ignoreFailure(fcntl(fd, F_SETFD, 0))), // Node marks them close-on-exec
      execveat(PROGRAM, ['skdocker']),
    ]
  }

  /**
   * The pid of the command, once its maker has ended. A process in that namespace could have written to the file of the
   * results. So the pid is believed only when it is that of a child of this program, in a deeper pid namespace.
   */
  pid(): number {
    const { command, resultsFd, image } = this
    const pid = new ResultsInFile(resultsFd, 1, image).result(command) ?? 0
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
 * Runs the maker to its end. It has made the command by then. The maker blocks all signals, so cloneInto() passes those
 * that came on to the command.
 */
const runMaker = async (program: MemoryProgram, outsideSteps: Program): Promise<void> => {
  const pid = clone(program.execAfter(outsideSteps), SIGCHLD)
  const code = await exitCode(pid)
  traceEndedChild(pid, program.makerSteps, new ResultsInFile(program.resultsFd, 1, program.image))
  if (code === 0) return
  throw new ProgramError(`the process that was to enter the container has ended with ${code}`, code)
}

/**
 * Starts a command as clone() does, but in a pid namespace in which other processes live. Until the new process executes
 * the command, nothing of this program can be reached through it: not its memory, program, root directory, working
 * directory or descriptors.
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
    adopt(pid, command.child ?? [], new ResultsInFile(resultsFd, 0, image), () => memoryProgram.close())
    for (const signal of signals) libc.kill(pid, constants.signals[signal])
    gate.open()
    return pid
  } catch (error) {
    memoryProgram.gate.close()
    memoryProgram.close()
    throw error
  }
}
