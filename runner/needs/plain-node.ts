/** A Node that runs TypeScript by itself, as Node does from 22.18 on. */

/** Whether this Node does. */
export const runsTypeScript = (): boolean =>
  'typescript' in process.features && Boolean(process.features.typescript)

/** Its path: this Node's, or what SKDOCKER_PLAIN_NODE names; undefined where there is none. */
export const plainNode = (): string | undefined =>
  runsTypeScript() ? process.execPath : process.env.SKDOCKER_PLAIN_NODE || undefined
