/** Sends a signal to a process group, or to one process. That nobody is there any more is what was wanted. */
const send = (target: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(target, signal)
  } catch (error) {
    // Gone, or only those are left that this user may not end.
    const { code } = error as NodeJS.ErrnoException
    if (code !== "ESRCH" && code !== "EPERM") throw error
  }
}

export const signalGroup = (group: number, signal: NodeJS.Signals): void => send(-group, signal)

export const signalProcess = (process_id: number, signal: NodeJS.Signals): void => send(process_id, signal)
