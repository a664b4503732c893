import { chromiumDownload, chromiumObstacle, installChromium } from "./chromium.ts"
import { installPodman, podmanDownload, podmanObstacle } from "./podman.ts"
import { installPython, pythonDownload, pythonObstacle } from "./python.ts"
import { installSecretService, secretServiceDownload, secretServiceObstacle } from "./secret-service.ts"
import { installShells, shellsDownload, shellsObstacle } from "./shells.ts"

/** What tests use besides engines, and is brought where the machine lacks it. */
export type Brought = {
  readonly name: string
  /** Why this machine can't have it, if it can't. */
  readonly obstacle: () => string | undefined
  /** What is still to be brought, for people; undefined where it is there. */
  readonly download: (cache: string) => string | undefined
  readonly install: (cache: string) => Promise<void>
}

export const brought: readonly Brought[] = [
  { name: "podman", obstacle: podmanObstacle, download: podmanDownload, install: installPodman },
  {
    name: "a keyring",
    obstacle: secretServiceObstacle,
    download: secretServiceDownload,
    install: installSecretService,
  },
  { name: "bash, zsh and fish", obstacle: shellsObstacle, download: shellsDownload, install: installShells },
  { name: "chromium", obstacle: chromiumObstacle, download: chromiumDownload, install: installChromium },
  { name: "tools for Python", obstacle: pythonObstacle, download: pythonDownload, install: installPython },
]
