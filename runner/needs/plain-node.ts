/** A Node that runs TypeScript by itself, as Node does from 22.18 on. */

/** Its path: this Node's, or what SKDOCKER_PLAIN_NODE names; undefined where there is none. */
export const plainNode = (): string | undefined => {
  const { features, execPath, env } = process
  return 'typescript' in features && features.typescript ? execPath : env.SKDOCKER_PLAIN_NODE || undefined
}
