import type { Command } from 'commander'

export const addList = (program: Command): void => void program
