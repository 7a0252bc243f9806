/**
 * Readers start programs by tsx or by node alone. The tests start them by node alone where they can, since that is
 * quicker, and these by tsx once more: a file for each way in which a program meets its loader.
 */

export const BY_TSX = [
  'test/native/clone.test.ts', // the clone itself, with tsx's threads in the process
  'test/native/caretaker.test.ts', // what outlives the program
  'test/chapters/04-allns.test.ts', // everybody's first command
  'test/chapters/05-cgroup.test.ts', // a program that imports its chapter and parts/
  'test/chapters/exit-codes.test.ts', // how errors leave the program
  'test/chapters/inheritance.test.ts', // what a command gets of tsx's descriptors, signals and limits
]
