/** What is to be put away also when this program is ended by a signal. */

import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Closable = { close(): Promise<void> }

const open = new Set<Closable>()

const closeAll = async (signal: (typeof SIGNALS)[number]): Promise<void> => {
  for (const name of SIGNALS) process.on(name, () => process.exit(128 + constants.signals[name]))
  await Promise.allSettled([...open].map(one => one.close()))
  process.exit(128 + constants.signals[signal])
}

const handlers = SIGNALS.map(name => [name, () => void closeAll(name)] as const)

/** From now on a signal closes it before the program ends. */
export const closeAtSignal = (one: Closable): void => {
  if (open.size === 0) for (const [name, handler] of handlers) process.once(name, handler)
  open.add(one)
}

/** It is closed. */
export const closed = (one: Closable): void => {
  open.delete(one)
  if (open.size === 0) for (const [name, handler] of handlers) process.off(name, handler)
}
