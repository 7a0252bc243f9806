import { isLong, testTexts } from './check-all.ts'

testTexts(name => !isLong(name))
