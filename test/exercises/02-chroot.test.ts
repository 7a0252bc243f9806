import { exercises } from '#chapters/02-chroot/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('02', exercises)
