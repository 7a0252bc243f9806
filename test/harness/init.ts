import { findCommand, findInit } from '../../runner/probe/find-init.ts'
import { eventually, type Watched } from './timeout.ts'

/**
 * Waits for the container's first process, as the host sees it: see findInit().
 * @throws TimeoutError when there is none in time, Error when the program ends without one
 */
export const initOf = (
  starter: Watched,
  options: { timeout?: number; root?: 'own' | 'host' } = {},
): Promise<number> => {
  const { timeout, root = 'own' } = options
  const look = findInit(starter.pid, { root })
  return eventually('the first process of a container', look, { timeout, program: starter })
}

/** Waits for the first descendant that runs a program of its own: see findCommand(). Throws as initOf(). */
export const commandOf = (starter: Watched, timeout?: number): Promise<number> =>
  eventually('a command', () => findCommand(starter.pid), { timeout, program: starter })
