/** The environment of a shell whose prompt can be found on the screen. */

import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What bash is started with. */
export const bashrc = here('bashrc')

// The marks of a prompt's beginning and end that terminals know as OSC 133: invisible, and in no program's output.
// PROMPT_COMMAND reaches a bash in the bash, too, whatever its own files make of PS1.
const PROMPT_COMMAND = String.raw`PS1='\[\e]133;A\a\]$ \[\e]133;B\a\]' PS2='\[\e]133;A;k=s\a\]> \[\e]133;B\a\]'`

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

// npm puts directories of its own before the reader's.
const withoutNpm = (path: string): string =>
  path
    .split(':')
    .filter(directory => !/\/node_modules\/(\.bin$|.*node-gyp-bin$)/.test(directory))
    .join(':')

/**
 * The caller's environment, made for a window. Of the caller's shell nothing is kept, so that every reader's is alike.
 * @param changes put over it
 */
export const shellEnvironment = (changes: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const { homedir, username } = userInfo()
  return {
    PATH: withoutNpm(process.env.PATH ?? DEFAULT_PATH),
    HOME: homedir,
    USER: username,
    LOGNAME: username,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    // Empty, not absent: a bash in the bash would take its usual file.
    HISTFILE: '',
    // npm asks its registry for news of itself, and turns a wheel when it is slow.
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
    PROMPT_COMMAND,
    ENV: here('shrc'),
    ...changes,
  }
}
