/** Something of ours that is still on this machine. */

export type Leftover = {
  /** in a few words: `bridge skdocker0, for 172.16.0.0/16` */
  readonly what: string
  /** who still uses it; then it stays, unless there is a way to end that */
  readonly usedBy?: string | undefined
  /** ends what uses it first, where that may be done with --force */
  readonly force?: () => Promise<void>
  /** Takes it away. Throws ProgramError, NodeJS.ErrnoException. */
  readonly remove: () => Promise<void>
}

/** What was looked at, and what could not be. */
export type Search = {
  readonly leftovers: readonly Leftover[]
  /** what could not be looked at, and why */
  readonly unseen: readonly string[]
}

export const nothing: Search = { leftovers: [], unseen: [] }

/** Several searches as one. */
export const together = (searches: readonly Search[]): Search => ({
  leftovers: searches.flatMap(({ leftovers }) => leftovers),
  unseen: [...new Set(searches.flatMap(({ unseen }) => unseen))],
})
