/** Closes what is open when a signal ends this program. */

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

/** Closes it before the program ends, when a signal comes from now on. */
export const closeAtSignal = (one: Closable): void => {
  if (open.size === 0) for (const [name, handler] of handlers) process.once(name, handler)
  open.add(one)
}

/** Tells that it is closed: a signal need not close it any more. */
export const stopClosingAtSignal = (one: Closable): void => {
  open.delete(one)
  if (open.size === 0) for (const [name, handler] of handlers) process.off(name, handler)
}
