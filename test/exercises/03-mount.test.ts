import { exercises } from '#chapters/03-mount/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('03', exercises)
