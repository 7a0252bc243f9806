/** What the page in the browser and its server tell each other, in JSON. */

import type { ScreenSize } from '../terminal/screen.ts'
import type { PageWords } from './page-words.ts'

/** The header that carries the token. */
export const TOKEN_HEADER = 'x-skdocker-token'

/** Where the WebSocket is. */
export const SOCKET_PATH = '/socket'

type Link = { readonly href: string; readonly title: string }

/** A text, ready to be shown. */
export type PageText = {
  readonly title: string
  /** nothing in it is run by a browser */
  readonly html: string
  /** the windows that its commands are typed into, `one` first */
  readonly terminals: readonly string[]
  readonly chapters: readonly Link[]
  readonly previous: Link | undefined
  readonly next: Link | undefined
  /** the same text in the other language */
  readonly twin: Link
  readonly words: PageWords
}

/** A file of the project, ready to be shown. */
export type PageFile = { readonly path: string; readonly html: string }

/**
 * How a step of a text went. `step` counts the steps of a text from 0; its number is the same in both languages.
 * A step that is `refused` was not typed.
 */
export type StepResult = {
  readonly step: number
  readonly state: 'running' | 'same' | 'different' | 'refused'
  /** why, where it is neither running nor the same */
  readonly message?: string
  /** lines: the difference, or what was shown */
  readonly detail?: readonly string[]
}

/** What the page sends. The first message is `hello`. */
export type FromPage =
  | {
      readonly type: 'hello'
      readonly token: string
      /** the session that the page had before it was loaded anew */
      readonly session: string | undefined
      readonly text: string
      readonly language: string
    }
  | ({ readonly type: 'open'; readonly terminal: string } & ScreenSize)
  | ({ readonly type: 'resize'; readonly terminal: string } & ScreenSize)
  | { readonly type: 'input'; readonly terminal: string; readonly data: string }
  /** so many more characters of output have been drawn */
  | { readonly type: 'drawn'; readonly terminal: string; readonly length: number }
  | { readonly type: 'run'; readonly step: number }
  | { readonly type: 'reset' }

/** What the server sends. */
export type FromServer =
  | { readonly type: 'welcome'; readonly session: string; readonly results: readonly StepResult[] }
  /** all that a terminal shows: it is cleared first */
  | { readonly type: 'screen'; readonly terminal: string; readonly data: string }
  | { readonly type: 'output'; readonly terminal: string; readonly data: string }
  | { readonly type: 'result'; readonly result: StepResult }
  /** what the lab is doing; `why` there is none */
  | { readonly type: 'lab'; readonly state: 'making' | 'ready' | 'none'; readonly why?: string }
  /** the shell of a terminal has ended, and the reader wants another */
  | { readonly type: 'reopen'; readonly terminal: string }
  /** the lab is a new one, so that its terminals have to be opened again */
  | { readonly type: 'reset' }
