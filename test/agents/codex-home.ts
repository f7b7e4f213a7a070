import { mkdirSync } from "node:fs"
import { join } from "node:path"

/**
 * A folder for temporary files below `home`. Codex makes its sandbox's helper in its own home, but not where that is among temporary files: then it
 * is there at some starts only, and commands end with `execvp codex-linux-sandbox: No such file or directory`.
 */
export const ownTemporary = (home: string): string => {
  const folder = join(home, "tmp-of-its-own")
  mkdirSync(folder, { recursive: true })
  return folder
}

/** A `config.toml` for Codex that knows no service but the stand-in at `address`, and no account; the key for it is in the environment. */
export const codexHome = (address: string, key = "STAND_IN_KEY"): string => `model = "stand-in"
model_provider = "stand_in"
check_for_update_on_startup = false

[model_providers.stand_in]
name = "stand-in"
base_url = "${address}/v1"
wire_api = "responses"
env_key = "${key}"
request_max_retries = 1
stream_max_retries = 1

[analytics]
enabled = false

[feedback]
enabled = false
`
