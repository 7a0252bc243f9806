/** What lets this page in. It is in the address behind the #, which no browser sends, and then in this tab alone. */

const KEY = 'skdocker-token'
const IN_FRAGMENT = /^#token=([\w-]+)$/

/** The token; undefined when the page was opened without one. */
export const takeToken = (): string | undefined => {
  const [, given] = IN_FRAGMENT.exec(location.hash) ?? []
  if (given) {
    sessionStorage.setItem(KEY, given)
    // So that it is not copied with the address, and not kept in the history.
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(KEY) ?? undefined
}
