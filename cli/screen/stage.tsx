import { render } from "ink"
import type { Io } from "../io.ts"
import { Screen, type Shown } from "./screen.tsx"

const max_fps = 30
const line_start = new TextEncoder().encode("\r")

/** The whole of the terminal, which is as it was before when it is closed. */
export type Stage = {
  /** In the place of what was shown before. */
  show(shown: Shown): void
  close(): Promise<void>
}

export const openStage = async (first: Shown, io: Io): Promise<Stage> => {
  let now_shown = first
  const listeners = new Set<() => void>()
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  io.hush()
  // The echo of what was typed by now would push the screen to the side.
  await io.write(line_start)
  const showing = { subscribe, shown: () => now_shown, now: io.now, color: io.color }
  const screen = render(<Screen showing={showing} />, {
    ...{ alternateScreen: true, incrementalRendering: true, maxFps: max_fps },
    ...{ exitOnCtrlC: false, patchConsole: false },
  })
  return {
    show(shown) {
      now_shown = shown
      for (const listener of listeners) listener()
    },
    async close() {
      screen.unmount()
      await screen.waitUntilExit()
    },
  }
}
