/** Something of ours that is still on this machine. */

export type Leftover = {
  /** a few words that name it: `bridge skdocker0, for 172.16.0.0/16` */
  readonly what: string
  /** who still uses it. It stays then, unless `force` can end that */
  readonly usedBy?: string | undefined
  /** ends what uses it; only where --force may do that */
  readonly force?: () => Promise<void>
  /** Takes it away. Throws ProgramError, NodeJS.ErrnoException. */
  readonly remove: () => Promise<void>
}

/** What a search has found, and what it could not look at. */
export type Search = {
  readonly leftovers: readonly Leftover[]
  /** what could not be looked at, and why */
  readonly unseen: readonly string[]
}

export const NO_LEFTOVERS: Search = { leftovers: [], unseen: [] }

/** Several searches as one. */
export const mergeSearches = (searches: readonly Search[]): Search => ({
  leftovers: searches.flatMap(({ leftovers }) => leftovers),
  unseen: [...new Set(searches.flatMap(({ unseen }) => unseen))],
})
