import { patience, TimeoutError } from './timeout.ts'

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** What a process has written so far. Each match of `waitFor` is consumed: the next search begins behind it. */
export class Output {
  readonly #name: string
  readonly #clean: (text: string) => string
  readonly #report: () => Promise<string>
  readonly #chunks: Buffer[] = []
  readonly #watchers = new Set<() => void>()
  #searched = 0
  #ended = false

  /**
   * @param name for error messages: 'stdout of chapter.ts'
   * @param options.clean applied to the text before it is searched or shown
   * @param options.report what an error shows; default: the text
   */
  constructor(name: string, options: { clean?: (text: string) => string; report?: () => Promise<string> } = {}) {
    this.#name = name
    this.#clean = options.clean ?? (text => text)
    this.#report = options.report ?? (async () => this.text)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.#clean(this.bytes.toString())
  }

  /** Whether no more is to come. */
  get hasEnded(): boolean {
    return this.#ended
  }

  append(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#tell()
  }

  end(): void {
    this.#ended = true
    this.#tell()
  }

  /**
   * Waits until the part not yet searched matches.
   * @param timeout milliseconds
   * @returns the match; its `input` begins where the last match ended
   * @throws TimeoutError, or Error when the output ended without a match; both show what the whole program has shown
   */
  async waitFor(pattern: string | RegExp, timeout = patience): Promise<RegExpExecArray> {
    const deadline = performance.now() + timeout
    for (;;) {
      const match = this.#search(pattern)
      if (match) return match
      if (this.#ended) throw new Error(`${this.#name} ended before ${pattern} was seen:\n${await this.#report()}`)
      if (!(await this.#change(deadline - performance.now()))) {
        throw new TimeoutError(`${this.#name} has not shown ${pattern} in ${timeout} ms:\n${await this.#report()}`)
      }
    }
  }

  /** Whether `waitFor` would find it at once; it can still be found afterwards. */
  shows(pattern: RegExp): boolean {
    return pattern.test(this.text.slice(this.#searched))
  }

  #search(pattern: string | RegExp): RegExpExecArray | undefined {
    const expression = typeof pattern === 'string' ? new RegExp(escaped(pattern)) : pattern
    const match = this.text.slice(this.#searched).match(expression) as RegExpExecArray | null
    if (!match) return undefined
    this.#searched += match.index + match[0].length
    return match
  }

  #change(timeout: number): Promise<boolean> {
    return new Promise(resolve => {
      const settle = (changed: boolean) => {
        clearTimeout(timer)
        this.#watchers.delete(changedNow)
        resolve(changed)
      }
      const changedNow = () => settle(true)
      const timer = setTimeout(settle, Math.max(0, timeout), false)
      this.#watchers.add(changedNow)
    })
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}
