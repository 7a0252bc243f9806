import { exercises } from '#chapters/04-allns/exercises.ts'
import { proveExercises } from './prove-exercises.ts'

proveExercises('04', exercises)
