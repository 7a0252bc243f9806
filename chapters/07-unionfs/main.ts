/** A container of layers: for now this is skdocker itself. */

await import('#skdocker/main.ts')
