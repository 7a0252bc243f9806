import type { Command } from 'commander'

export const addWalk = (program: Command): void => void program
