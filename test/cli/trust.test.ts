import { execFileSync, spawnSync } from "node:child_process"
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fleetwright, type Ran } from "./command-line.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const fleet = `fleet:
  name: signed
  base_branch: main
  budget: { turns: 5 }
  sessions: { writer: { driver: shell, command: [touch, made.txt], permissions: allow } }
  start: writer
`

/** One run in a repository of its own, and what is signed of it. */
describe("a run that is attested", { timeout: 60_000 }, () => {
  let place: string
  let run: string
  let before: string | undefined
  const git = (...args: ReadonlyArray<string>): string =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", ...args], { cwd: place, encoding: "utf8" }).trim()
  const fleets = (...args: ReadonlyArray<string>): Promise<Ran> => fleetwright(args, place)

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "fleet-trust-"))
    before = process.env["XDG_CONFIG_HOME"]
    process.env["XDG_CONFIG_HOME"] = join(place, "config")
    git("init", "-q", "-b", "main")
    writeFileSync(join(place, "fleet.yaml"), fleet)
    git("add", "fleet.yaml")
    git("commit", "-q", "-m", "start")
    expect((await fleets("run", "fleet.yaml", "--headless")).code).toBe(0)
    const { runs }: { readonly runs: ReadonlyArray<{ readonly run: string }> } = JSON.parse((await fleets("runs", "--format", "json")).out)
    run = runs[0]?.run ?? ""
  }, 60_000)

  afterAll(() => {
    if (before === undefined) delete process.env["XDG_CONFIG_HOME"]
    else process.env["XDG_CONFIG_HOME"] = before
    rmSync(place, { recursive: true, force: true })
  })

  it("is signed with a key that is made at first and told of; both documents verify, and elsewhere with the public key alone", async () => {
    const asked = await fleets("verify", "fleet.yaml")
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining("this is not JSON") })
    const attested = await fleets("attest", run, "-o", "run.intoto.json")
    expect([attested.code, attested.out]).toEqual([0, ""])
    expect(attested.err).toMatch(/^made a key to sign with, .*ed25519\.pem; its public half for those who verify:\n-----BEGIN PUBLIC KEY-----\n/)
    const bom = await fleets("bom", run)
    expect([bom.code, bom.err]).toEqual([0, ""])
    writeFileSync(join(place, "bom.json"), bom.out)
    const keys = await fleets("keys")
    expect(attested.err).toContain(keys.out)
    writeFileSync(join(place, "key.pub"), keys.out)

    const commit = git("rev-parse", `fleetwright/${run}/writer`)
    const { payload }: { readonly payload: string } = JSON.parse(readFileSync(join(place, "run.intoto.json"), "utf8"))
    expect(JSON.parse(Buffer.from(payload, "base64").toString())).toMatchObject({
      subject: [{ name: `refs/heads/fleetwright/${run}/writer`, digest: { gitCommit: commit } }, {}],
    })

    for (const file of ["run.intoto.json", "bom.json"]) {
      const { code, out } = await fleets("verify", file)
      expect([code, out]).toEqual([
        0,
        expect.stringMatching(
          /^ok {4}signed by key [0-9a-f]{64}\nok {4}the journal of run \S+ says the same\nok {4}the repository has the commit that it names\n$/,
        ),
      ])
    }
    const elsewhere = await fleetwright(["verify", join(place, "bom.json"), "--key", join(place, "key.pub"), "--format", "json"], tmpdir())
    expect(JSON.parse(elsewhere.out)).toMatchObject({ ok: true, checks: [{ check: "signature", ok: true }, { check: "journal" }, { check: "commits" }] })
  })

  it("verifies without any network", () => {
    // no permission for it: Deno refuses the first name that is looked up
    const permissions = ["--allow-read", "--allow-env", "--allow-write=.", "--allow-run=git"]
    for (const file of ["run.intoto.json", "bom.json"]) {
      const args = ["run", "-q", "--no-prompt", ...permissions, join(root, "cli/main.ts"), "verify", file]
      const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/deno"), args, { cwd: place, encoding: "utf8", env: process.env })
      expect([status, stdout, stderr]).toEqual([0, expect.stringMatching(/^(?:ok {4}.*\n){3}$/u), ""])
    }
  })

  it("names what the run made, though the branch has moved on", async () => {
    const branch = `fleetwright/${run}/writer`
    const made = git("rev-parse", branch)
    git("update-ref", `refs/heads/${branch}`, git("commit-tree", `${branch}^{tree}`, "-p", branch, "-m", "somebody's own"))
    const bom = await fleets("bom", run)
    expect(bom.code).toBe(0)
    expect(JSON.parse(bom.out).components).toContainEqual(expect.objectContaining({ "bom-ref": `branch:${branch}`, version: made }))
    writeFileSync(join(place, "moved.json"), bom.out)
    expect(await fleets("verify", "moved.json")).toMatchObject({ code: 0 })
    git("update-ref", `refs/heads/${branch}`, made)
    git("branch", "-D", branch)
    expect(JSON.parse((await fleets("bom", run)).out).components).toContainEqual(expect.objectContaining({ version: made }))
    git("branch", branch, made)
  })

  it("does not verify when a document, the key, the repository or the journal is another", async () => {
    const changed = readFileSync(join(place, "bom.json"), "utf8").replace('"signed"', '"renamed"')
    writeFileSync(join(place, "changed.json"), changed)
    expect(await fleets("verify", "changed.json")).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^FAIL {2}it is not signed by key [0-9a-f]{64}, or was changed since\n$/),
    })

    writeFileSync(join(place, "other.pub"), String(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" })))
    expect((await fleets("verify", "bom.json", "--key", "other.pub")).code).toBe(1)
    expect(await fleets("verify", "bom.json", "--key", "fleet.yaml")).toMatchObject({ code: 2, err: expect.stringContaining("no Ed25519 public key") })

    git("branch", "-D", `fleetwright/${run}/writer`)
    git("reflog", "expire", "--expire=now", "--all")
    git("gc", "-q", "--prune=now")
    expect(await fleets("verify", "bom.json")).toMatchObject({ code: 1, out: expect.stringContaining("FAIL  the repository does not have") })

    const db = new DatabaseSync(join(place, ".fleetwright/state.db"))
    db.exec("UPDATE records SET events = replace(events, 'run.ended', 'run.endad')")
    db.close()
    expect(await fleets("verify", "run.intoto.json")).toMatchObject({
      code: 1,
      out: expect.stringContaining(`FAIL  the journal of run ${run} is not what was written: record`),
    })
    expect(await fleets("attest", run)).toMatchObject({ code: 2, err: expect.stringContaining("is not what was written") })
  })
})
