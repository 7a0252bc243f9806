/** Carries out the acts of a container's start. This program does the parent's acts, and a child of it does the child's. */

import { closeSync, openSync, writeFileSync } from 'node:fs'
import { Gate } from '#native/gate.ts'
import { Interrupted, terminationSignal } from '#native/index.ts'
import { identifyProcess } from '#native/process-state.ts'
import type { Step } from '#native/steps.ts'
import { traceCall } from '#native/trace.ts'
import { type Act, type ChildAct, gatesIn, type ParentAct, showParentCall } from './acts.ts'
import { type Container, updateContainer } from './container-state.ts'
import { type Connection, connectNetwork, makeCgroup } from './host-changes.ts'

/**
 * Makes the child that carries out steps, and returns its pid.
 * @param descriptorOf the number of a descriptor that the parent has opened under a name
 */
export type Launch = (steps: readonly Step[], descriptorOf: (name: string) => number) => number | Promise<number>

/** A gate, and the index of the child's act that waits at it. */
type PlacedGate = { readonly before: number; readonly gate: Gate }

// A signal that was passed on to the child now would be lost, because the child is the first process of a pid namespace and
// has no handler yet: the kernel drops such a signal. So this program gives up the start by itself.
const refuseAfterSignal = async (): Promise<void> => {
  const signal = await terminationSignal()
  if (!signal) return
  throw new Interrupted(signal, "before the container's command began")
}

class ActRunner {
  readonly #container: Container
  readonly #descriptors = new Map<string, number>()
  #pid: number | undefined
  #connection: Connection = {}

  constructor(container: Container) {
    this.#container = container
  }

  get #child(): number {
    if (this.#pid === undefined) throw new Error('this act comes before the child is born')
    return this.#pid
  }

  async perform(list: readonly Act[], launch: Launch): Promise<number> {
    const gates = gatesIn(list).map(({ before }) => ({ before, gate: new Gate() }))
    try {
      for (const [index, act] of list.entries()) {
        if (act.by === 'parent') await this.#performParentAct(act)
        else if (this.#pid === undefined) this.#pid = await launch(this.#stepsOf(list, gates), this.#descriptorOf)
        else gates.find(({ before }) => before === index)?.gate.open()
      }
      return this.#child
    } finally {
      for (const fd of this.#descriptors.values()) closeSync(fd)
    }
  }

  async #performParentAct(act: ParentAct): Promise<void> {
    if (act.does === 'makeCgroup') return makeCgroup(this.#container, act.limits)
    if (act.does === 'connectNetwork') {
      this.#connection = await connectNetwork(this.#container, this.#child)
      return
    }
    const result = act.does === 'recordInit' ? await this.#recordInit() : this.#performCall(act)
    traceCall(showParentCall(act, this.#container), result)
  }

  /** Returns what the call returns: a length or a descriptor. */
  #performCall(act: Extract<ParentAct, { does: 'write' | 'open' }>): number {
    if (act.does === 'write') {
      writeFileSync(act.path, act.text, { mode: act.mode })
      return Buffer.byteLength(act.text)
    }
    const fd = openSync(act.path, act.flags, 0o600) // only the owner may read the log that this makes
    this.#descriptors.set(act.descriptor, fd)
    return fd
  }

  async #recordInit(): Promise<number> {
    await refuseAfterSignal()
    await updateContainer(this.#container, () => ({ init: identifyProcess(this.#child), ...this.#connection }))
    return 0
  }

  #stepsOf(list: readonly Act[], gates: readonly PlacedGate[]): Step[] {
    return list.flatMap((act, index) => {
      if (act.by === 'parent') return []
      const gate = gates.find(({ before }) => before === index)?.gate
      return [...(gate?.wait() ?? []), this.#withDescriptor(act)]
    })
  }

  #withDescriptor({ step, descriptor }: ChildAct): Step {
    if (descriptor === undefined) return step
    return { ...step, arguments: [this.#descriptorOf(descriptor), ...step.arguments.slice(1)] }
  }

  readonly #descriptorOf = (name: string): number => {
    const fd = this.#descriptors.get(name)
    if (fd === undefined) throw new Error(`the parent does not open ${name} before the child is born`)
    return fd
  }
}

/**
 * Carries out a list of acts. The child is born where its first act stands, and waits at a gate wherever it goes on after
 * the parent. When an act fails, endContainer() undoes what was done.
 * @returns the pid of the child, whose own acts may still go on
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const performActs = (container: Container, list: readonly Act[], launch: Launch): Promise<number> =>
  new ActRunner(container).perform(list, launch)
