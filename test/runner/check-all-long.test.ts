import { isLong, testTexts } from './check-all.ts'

testTexts(isLong)
