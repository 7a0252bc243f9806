/** What the browser gets, made of web/ by esbuild. What setup has made is taken as long as nothing has changed since. */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasErrno, ProgramError } from '#native/program-error.ts'
import { object, readJson, recordOf, text, WHOLE } from '#skdocker/check-shape.ts'
import { writeAtomically } from '#skdocker/write-atomically.ts'
import { projectRoot } from '../lesson/chapters.ts'

export type Bundle = { readonly script: string; readonly style: string }

/** What is kept: the bundle, and the digest of each file that it was made of. */
type Kept = Bundle & { readonly inputs: Readonly<Record<string, string>> }

const KEPT = join(projectRoot, 'web/built/page.json')

// What the bundle is made of beside its inputs: another esbuild, or other options here, make another bundle.
const RECIPE = ['runner/page/bundle.ts', 'node_modules/esbuild/package.json']

const digestOf = (path: string): string =>
  createHash('sha256')
    .update(readFileSync(join(projectRoot, path)))
    .digest('hex')

const shape = object<Kept>({ script: text, style: text, inputs: recordOf(text) })

const keptBundle = (): Kept | undefined => {
  try {
    const kept = shape(readJson(KEPT), WHOLE)
    return Object.entries(kept.inputs).every(([path, digest]) => digestOf(path) === digest) ? kept : undefined
  } catch {
    // There is none yet, or a file that it was made of is gone.
    return undefined
  }
}

const makeBundle = async (): Promise<Kept> => {
  const { build, stop } = await import('esbuild')
  const { metafile, outputFiles } = await build({
    absWorkingDir: projectRoot,
    entryPoints: ['web/main.ts', 'web/style.css'],
    outdir: 'web/built',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  })
    .catch((error: Error) => {
      throw new ProgramError(`the page cannot be bundled: ${error.message.replace(/\s*\n\s*/g, ' ')}`)
    })
    // It has a process of its own, which would stay as long as the page.
    .finally(stop)
  const textOf = (name: string): string => outputFiles.find(({ path }) => path.endsWith(name))!.text
  const paths = [...Object.keys(metafile.inputs), ...RECIPE]
  const inputs = Object.fromEntries(paths.map(path => [path, digestOf(path)]))
  return { inputs, script: textOf('main.js'), style: textOf('style.css') }
}

const keep = (bundle: Kept): void => {
  mkdirSync(dirname(KEPT), { recursive: true })
  writeAtomically(KEPT, JSON.stringify(bundle), 0o666) // as far as the umask lets it, anybody may read it
}

/**
 * The bundle, made anew where a file of it has changed.
 * @throws ProgramError when esbuild cannot make it
 */
export const pageBundle = async (): Promise<Bundle> => {
  const kept = keptBundle()
  if (kept) return kept
  const bundle = await makeBundle()
  try {
    keep(bundle)
  } catch (error) {
    // The workbook is somebody else's, or its disk read-only: then it is made anew for each page.
    if (!['EACCES', 'EPERM', 'EROFS'].some(name => hasErrno(error, name))) throw error
  }
  return bundle
}
