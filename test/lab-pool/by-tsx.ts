/**
 * Readers start programs by tsx or by node alone. The tests start them by node alone where they can, since that is
 * quicker, and these by tsx once more: what a command inherits of tsx's threads, handlers and descriptors. Besides, the
 * texts start every program as they tell the reader to, with `npx tsx`.
 */

export const BY_TSX = [
  'test/native/clone.test.ts', // the clone itself, with tsx's threads in the process
  'test/native/caretaker.test.ts', // what outlives the program
  'test/chapters/04-allns.test.ts', // everybody's first command
  'test/chapters/inheritance.test.ts', // what a command gets of tsx's descriptors, signals and limits
]
