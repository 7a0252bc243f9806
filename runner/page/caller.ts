/** Whoever has typed the command, and that user's browser. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findOnPath } from '#native/find-on-path.ts'

export type Caller = { readonly uid: number; readonly gid: number }

/** The caller: behind sudo that is not root. Source: sudo(8), ENVIRONMENT */
export const callerOf = (env: NodeJS.ProcessEnv): Caller => {
  const own = { uid: process.getuid!(), gid: process.getgid!() }
  const { SUDO_UID = '', SUDO_GID = '' } = env
  const isBySudo = own.uid === 0 && /^\d+$/.test(SUDO_UID) && /^\d+$/.test(SUDO_GID)
  return isBySudo ? { uid: Number(SUDO_UID), gid: Number(SUDO_GID) } : own
}

/** What opens a file in a browser; undefined where there is no desktop to show it on. */
export const browserOpener = (env: NodeJS.ProcessEnv): string | undefined => {
  if (env.WSL_DISTRO_NAME) return findOnPath('wslview')
  return env.DISPLAY || env.WAYLAND_DISPLAY ? findOnPath('xdg-open') : undefined
}

// Source: passwd(5)
const homeOf = (uid: number): string | undefined => {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  return users.map(line => line.split(':')).find(fields => fields[2] === String(uid))?.[5]
}

// sudo has put root's in the place of the caller's.
const environmentOf = (uid: number): NodeJS.ProcessEnv => ({
  HOME: homeOf(uid),
  USER: process.env.SUDO_USER,
  LOGNAME: process.env.SUDO_USER,
  XDG_RUNTIME_DIR: `/run/user/${uid}`,
  DBUS_SESSION_BUS_ADDRESS: `unix:path=/run/user/${uid}/bus`,
})

/** Opens a file in the browser of the caller, as the caller: a browser is not to run as root. */
export const openInBrowser = (opener: string, path: string, { uid, gid }: Caller): void => {
  const changes = uid === process.getuid!() ? {} : environmentOf(uid)
  const env = { ...process.env, ...changes }
  const browser = spawn(opener, [path], { uid, gid, env, cwd: '/', detached: true, stdio: 'ignore' })
  // Where it does not start, the address can be opened by hand.
  browser.on('error', () => {})
  browser.unref()
}
