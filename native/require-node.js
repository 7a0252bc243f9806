/**
 * Ends a program that an older Node has begun, in one line, before it does anything. It is imported first, and it is
 * JavaScript, so that an old Node can read it.
 */

const OLDEST = [20, 19]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  const cure = 'install a newer one, see https://nodejs.org, and then run "npm run setup"'
  console.error(
    `skdocker: this takes Node ${OLDEST.join('.')} or newer, and this is ${process.versions.node}: ${cure}`,
  )
  process.exit(125)
}
