import type { Given } from "../../command.ts"
import { decide } from "../../decide.ts"
import type { Io } from "../../io.ts"

export const run = (given: Given, io: Io): Promise<number> => decide("approve", given, io)
