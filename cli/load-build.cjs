"use strict"
/**
 * Loads the build together with the code that V8 made of it in earlier runs. Node's own compile cache keeps what a file is compiled to as it is
 * loaded; functions are compiled when they are first called, which for a command of a tenth of a second is a quarter of its time. So the code is
 * kept as it is when a run ends: one file for each command, because each calls other functions. Nothing depends on it: without a cache, or with
 * one that V8 refuses, a command starts slower, and that is all.
 */
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs")
const { homedir } = require("node:os")
const path = require("node:path")
const vm = require("node:vm")

// Node calls the way in which plugins are imported from here experimental, in the middle of what a command prints; users can do nothing about it
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = (warning, ...more) => {
  if (!String(warning).startsWith("vm.USE_MAIN_CONTEXT_DEFAULT_LOADER")) emitWarning(warning, ...more)
}

/** Where users' caches are; in a directory of the user's own, because V8 runs what it finds there. Undefined when no cache is wanted. */
const cacheDirectory = () => {
  const { NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (NODE_DISABLE_COMPILE_CACHE) return undefined
  if (NODE_COMPILE_CACHE) return path.join(NODE_COMPILE_CACHE, "fleetwright")
  if (process.platform === "win32") return LOCALAPPDATA && path.join(LOCALAPPDATA, "fleetwright", "cache")
  const home = process.platform === "darwin" ? path.join(homedir(), "Library", "Caches") : XDG_CACHE_HOME || path.join(homedir(), ".cache")
  return path.join(home, "fleetwright")
}

/** A cache file is a line of JSON (the entry it is of, when it was first and last written, names and sizes) and the code behind it. */
const readCache = (file, entry) => {
  const now = Date.now()
  const none = { born: now, made: now, code: new Map() }
  try {
    const bytes = readFileSync(file)
    let at = bytes.indexOf("\n") + 1
    const header = JSON.parse(bytes.toString("utf8", 0, at))
    if (header.entry !== entry) return none
    return { born: header.born, made: header.made, code: new Map(header.code.map(([name, size]) => [name, bytes.subarray(at, (at += size))])) }
  } catch {
    return none
  }
}

/** Written whole or not at all; where it cannot be written there is none. */
const writeCache = (file, entry, born, code) => {
  const sizes = [...code].map(([name, bytes]) => [name, bytes.length])
  const header = JSON.stringify({ entry, born, made: Date.now(), code: sizes })
  const draft = `${file}.${process.pid}`
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(draft, Buffer.concat([Buffer.from(`${header}\n`), ...code.values()]), { mode: 0o600 })
    renameSync(draft, file)
  } catch {
    // a directory that may not be written, a disk that is full
  }
}

/** The exports of the build's entry; `command` names the cache. */
exports.loadBuild = (entry, command) => {
  const directory = path.dirname(entry)
  const home = cacheDirectory()
  const file = home && path.join(home, `${command}-${process.version}-${process.arch}.bin`)
  // it names all other files, whose names hold a hash of what is in them: the same entry is the same build
  const entrySource = readFileSync(entry, "utf8")
  const cache = file ? readCache(file, entrySource) : { born: 0, made: 0, code: new Map() }
  const scripts = new Map()
  const modules = new Map()
  let missed = false

  const load = (name) => {
    const known = modules.get(name)
    if (known !== undefined) return known.exports
    const filename = path.join(directory, name)
    const cachedData = cache.code.get(name)
    const script = new vm.Script(
      `(function (exports, require, module, __filename, __dirname) {${name === path.basename(entry) ? entrySource : readFileSync(filename, "utf8")}\n})`,
      {
        filename,
        cachedData,
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      },
    )
    if (cachedData === undefined || script.cachedDataRejected) missed = true
    const module = { exports: {} }
    scripts.set(name, script)
    modules.set(name, module)
    const requireHere = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id))
    script.runInThisContext().call(module.exports, module.exports, requireHere, module, filename, directory)
    return module.exports
  }

  if (file)
    process.on("exit", (code) => {
      // later runs call functions that earlier ones did not, so it is written again: after a minute, then each time after twice as long
      const due = Date.now() - cache.made > Math.max(60_000, cache.made - cache.born)
      if (code > 1 || !(missed || due)) return
      writeCache(file, entrySource, cache.born, new Map([...cache.code, ...[...scripts].map(([name, script]) => [name, script.createCachedData()])]))
    })
  return load(path.basename(entry))
}
