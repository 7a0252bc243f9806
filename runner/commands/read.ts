import type { Command } from 'commander'

export const addRead = (program: Command): void => void program
