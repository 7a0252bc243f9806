/** What belongs to one page in a browser: its lab, its shells, and what was done in them. It outlives a reload. */

import { randomUUID } from 'node:crypto'
import { lessonOf, type Text } from '../lesson/chapters.ts'
import type { Language } from '../lesson/lesson.ts'
import { PageShells, type Viewer } from './page-shells.ts'
import { PageSteps } from './page-steps.ts'
import { pageWords } from './page-words.ts'
import type { StepResult } from './protocol.ts'

export class Session {
  readonly id = randomUUID()
  readonly shells: PageShells
  /** by the text's name: its steps are the same in both languages */
  readonly #steps = new Map<string, PageSteps>()

  constructor(language: Language) {
    this.shells = new PageShells(pageWords(language).shellEnded)
  }

  stepsOf(text: Text, language: Language): PageSteps {
    const known = this.#steps.get(text.name)
    if (known) return known
    const steps = new PageSteps(this.shells, lessonOf(text, language))
    this.#steps.set(text.name, steps)
    return steps
  }

  /** Tells the pages that show a text how a step of it went: a tab that was duplicated may show another. */
  tell(text: string, result: StepResult): void {
    for (const viewer of this.shells.viewers) if (viewer.text === text) viewer.send({ type: 'result', result })
  }

  async reset(): Promise<void> {
    for (const steps of this.#steps.values()) steps.forget()
    await this.shells.reset()
  }
}

/** All sessions. One that no page looks at any more ends, unless a reload comes back to it soon. */
export class Sessions {
  readonly #open = new Map<string, Session>()
  readonly #patience: number

  /** @param patience milliseconds that a page may be away */
  constructor(patience: number) {
    this.#patience = patience
  }

  /** The session that a page had, or a new one. */
  join(id: unknown, language: Language, viewer: Viewer): Session {
    const known = typeof id === 'string' ? this.#open.get(id) : undefined
    const session = known ?? new Session(language)
    this.#open.set(session.id, session)
    session.shells.viewers.add(viewer)
    return session
  }

  async leave(session: Session, viewer: Viewer): Promise<void> {
    setTimeout(() => void this.#endIfLeft(session), this.#patience).unref()
    await session.shells.leave(viewer)
  }

  async close(): Promise<void> {
    const sessions = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(sessions.map(({ shells }) => shells.close()))
  }

  async #endIfLeft(session: Session): Promise<void> {
    if (session.shells.viewers.size > 0) return
    this.#open.delete(session.id)
    await session.shells.close()
  }
}
