import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { checkText, type Report } from '../../runner/check/check-text.ts'
import { findTexts } from '../../runner/lesson/chapters.ts'
import { repository, temporaryDirectory } from '../harness/index.ts'

export const EN = 'chapters/01-fix/README.md'
export const ZH = 'chapters/01-fix/README.zh-CN.md'

/** A small course, with one chapter unless there are more files. Both languages say the same, where `files` does not say what the Chinese text is. */
export class Fixture {
  readonly root = temporaryDirectory()

  constructor(en: string, files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries({ [EN]: en, [ZH]: en, ...files })) this.write(path, text)
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8')
  }

  /** A root filesystem for containers. */
  withBusybox(): this {
    execFileSync('cp', ['-ax', '--reflink=auto', join(repository, 'busybox'), join(this.root, 'busybox')])
    return this
  }

  async check(update = false): Promise<Report> {
    const [text] = findTexts(this.root)
    if (!text) throw new Error(`${this.root} has no text`)
    return checkText(text, { root: this.root, update })
  }

  /** What is found: `file:line: message`, and the lines of the detail. */
  async findings(): Promise<string[]> {
    const { problems } = await this.check()
    return problems.map(({ file, line, message, detail = [] }) =>
      [`${relative(this.root, file)}:${line}: ${message}`, ...detail].join('\n'),
    )
  }
}

/** A fence. */
export const fence = (info: string, ...lines: readonly string[]): string =>
  ['```'.concat(info), ...lines, '```', ''].join('\n')

/** The comment above a fence that says what varies. */
export const varies = (...lines: readonly string[]): string => ['<!-- varies:', ...lines, '-->', ''].join('\n')
