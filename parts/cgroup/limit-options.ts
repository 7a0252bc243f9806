/** The options --cpus, --memory and --pids. Their values are spelled as Docker's are. */

import * as os from 'node:os'
import { ProgramError } from '#native/index.ts'
import type { Limit, Limits } from './limits.ts'

const UNITS = 'bkmgtp'

/**
 * A size in bytes.
 * @param text a number with one of b, k, m, g, t, p behind it or none, in units of 1024: `64m`, `1.5g`, `67108864`
 * @returns NaN when it is no size
 * Source: docker-run(1), --memory
 */
export const bytes = (text: string): number => {
  const [, amount, unit = 'b'] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text) ?? []
  return Math.floor(Number(amount) * 1024 ** UNITS.indexOf(unit.toLowerCase()))
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)$/

const refuse = (option: string, text: string, why: string): never => {
  throw new ProgramError(`--${option} ${JSON.stringify(text)}: ${why}`)
}

// The kernel gives a group at least one millisecond of every hundred. Docker has the same least value.
const LEAST_CPUS = 0.01

const parseCpus = (text: string): number => {
  const most = os.cpus().length
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN
  if (!(value >= LEAST_CPUS && value <= most))
    refuse(
      'cpus',
      text,
      `it takes a number from ${LEAST_CPUS} to ${most}, the CPUs of this machine: 0.2 is 20 % of one`,
    )
  return value
}

// Docker has this least value, too, because many programs cannot even start with less.
const LEAST_MEMORY = 6 * 2 ** 20

const parseMemory = (text: string): number => {
  const value = bytes(text)
  if (Number.isNaN(value)) refuse('memory', text, 'this is no size: write 64m, 1g or 67108864')
  if (value < LEAST_MEMORY) refuse('memory', text, 'this is too little to start a program in: 6m is the least')
  if (!Number.isSafeInteger(value)) refuse('memory', text, 'no machine has so much memory: write 64m or 1g')
  return value
}

const MOST_PIDS = 2 ** 22 // PID_MAX_LIMIT in include/linux/threads.h

const parsePids = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= 1 && value <= MOST_PIDS))
    refuse('pids', text, `it takes a whole number from 1 to ${MOST_PIDS}: so many processes the container may have`)
  return value
}

/** The options that parseLimits() reads, as getopt() takes them. */
export const limitOptions = {
  cpus: { type: 'string', valueName: 'NUMBER', help: 'how much of the CPUs the container may use: 0.2, 1.5' },
  memory: { type: 'string', short: 'm', valueName: 'SIZE', help: 'how much memory it may use: 64m, 1g' },
  pids: { type: 'string', valueName: 'COUNT', help: 'how many processes it may have' },
} as const satisfies Readonly<Record<Limit, object>>

/**
 * Reads the limits out of a program's options.
 * @param options what getopt() found
 * @throws ProgramError naming the option that is wrong, and how it is spelled
 */
export const parseLimits = ({ cpus, memory, pids }: { readonly [Name in Limit]?: string }): Limits => ({
  ...(cpus !== undefined && { cpus: parseCpus(cpus) }),
  ...(memory !== undefined && { memory: parseMemory(memory) }),
  ...(pids !== undefined && { pids: parsePids(pids) }),
})
