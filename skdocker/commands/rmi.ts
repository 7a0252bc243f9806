import { getopt, print } from '#native/index.ts'
import { removeImage } from '../image-store.ts'

const options = {
  force: { type: 'boolean', short: 'f', help: 'also when containers are made of it: they keep its layers' },
} as const

/** skdocker rmi: removes images, and the layers that nothing stands on any more. */
export const rmi = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<image> [image...]', options, args, 'skdocker rmi')
  for (const name of operands) {
    await removeImage(name, given.force)
    print(name)
  }
  return 0
}
