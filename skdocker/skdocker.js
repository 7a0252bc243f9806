#!/usr/bin/env node
/**
 * The command: main.ts, started in a third of the time. Node takes the types out of each of sixty files, at every start
 * anew; here what is left of a file is kept. This one is JavaScript, because what takes out types is slow to load.
 */

import '../native/require-node.js'
import { createHash } from 'node:crypto'
import { chownSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import * as module from 'node:module'
import { join } from 'node:path'

const { enableCompileCache, getCompileCacheDir, registerHooks, stripTypeScriptTypes } = module

const modules = join(import.meta.dirname, '../node_modules')
const cache = join(modules, '.skdocker')

const makeCache = () => {
  enableCompileCache(cache)
  try {
    // Made by root, it is to be the project's owner's all the same, who could not remove it otherwise.
    const { uid, gid } = statSync(modules)
    for (const directory of [cache, getCompileCacheDir()]) chownSync(directory, uid, gid)
  } catch {
    // It is slower without.
  }
}

const keep = (path, text) => {
  const half = `${path}.${process.pid}`
  try {
    writeFileSync(half, text)
    renameSync(half, path)
  } catch {
    // A full disk, or one that is read-only.
  }
}

/** JavaScript of TypeScript, with every line where it was. */
const strip = (text, url) => {
  const { emitWarning } = process
  // Node 22 warns that this is an experiment.
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(text, { sourceUrl: url })
  } finally {
    process.emitWarning = emitWarning
  }
}

const sha1 = text => createHash('sha1').update(text).digest('hex')

const stripped = url => {
  const text = readFileSync(new URL(url), 'utf8')
  const kept = join(cache, `${sha1(url + text)}.js`)
  try {
    return readFileSync(kept, 'utf8')
  } catch {
    const javascript = strip(text, url)
    keep(kept, javascript)
    return javascript
  }
}

const isTypeScript = name => name.endsWith('.ts')

// What `#native/` and the like stand for. Node looks it up in package.json too, but for each import anew.
const { imports } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
const directories = Object.entries(imports).map(([name, path]) => ({
  prefix: name.replace('*', ''),
  url: new URL(`../${path.replace('*', '')}`, import.meta.url).href,
}))

const urlOf = (name, parent) => {
  const directory = directories.find(({ prefix }) => name.startsWith(prefix))
  return directory ? directory.url + name.slice(directory.prefix.length) : new URL(name, parent).href
}

// Every import names its file, so there is nothing for Node to look for.
const resolve = (name, context, next) =>
  isTypeScript(name) ? { url: urlOf(name, context.parentURL), shortCircuit: true } : next(name, context)

const load = (url, context, next) =>
  isTypeScript(url) ? { format: 'module', source: stripped(url), shortCircuit: true } : next(url, context)

/** tsx asks where it is. When somebody has removed the directory, that fails with a stack trace. */
const requireWorkingDirectory = () => {
  try {
    process.cwd()
  } catch {
    console.error('skdocker: the working directory is gone: go to another one with cd')
    process.exit(125)
  }
}

if (registerHooks && stripTypeScriptTypes) {
  makeCache()
  registerHooks({ resolve, load })
} else {
  requireWorkingDirectory()
  await import('tsx') // Node 20
}
await import('./main.ts')
