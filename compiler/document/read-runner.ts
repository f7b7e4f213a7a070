import { hostOf, privateRange } from "./address.ts"
import type { Runner, SessionSettings, Spanned } from "./model.ts"
import type { Problems, Section } from "./section.ts"
import { word } from "./values.ts"

export const runnerKeys = ["driver", "agent", "manifest"] as const

/** What runs the session: at most one of `driver`, `agent`, `manifest`; undefined when none of them is there. */
export const readRunner = (section: Section): Runner | undefined => {
  const given = runnerKeys.flatMap((key) => section.entry(key) ?? [])
  const [first, second] = given
  if (first === undefined) return undefined
  if (second !== undefined)
    section.problems.report(
      "conflicting-keys",
      second.key,
      { section: section.title, allowed: '"driver", "agent", "manifest"', found: given.map(({ name }) => `"${name}"`).join(" and ") },
      { related: [{ span: first.key, message: `"${first.name}" is written here` }] },
    )
  const read = word(first, section.problems)
  if (read === undefined) return undefined
  if (first.name === "agent") return readAgent(read, section.problems)
  return first.name === "manifest" ? readManifest(read, section.problems) : readDriver(read, section.problems)
}

/** `claude`, or `scheme:target`. Whether a driver of that name exists is not known here. */
const readDriver = (name: Spanned<string>, problems: Problems): Runner | undefined => {
  const [, scheme, target] = /^(acp|a2a|pty|grpc)(?::(.*))?$/s.exec(name.value) ?? []
  if (scheme === undefined) {
    if (/^[^\s:\\]+(:.*)?$/.test(name.value) && !name.value.startsWith("-")) return { kind: "driver", name }
    return problems.report("invalid-value", name.span, { what: "driver", value: name.value, expected: "the name of a driver" })
  }
  const refuse = (expected: string): undefined => problems.report("invalid-value", name.span, { what: "driver", value: name.value, expected })
  if (scheme === "acp" || scheme === "pty") {
    if (target === undefined || !/^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(target))
      return refuse(`${scheme}:<command>, a program's name without path, spaces or arguments`)
    return { kind: "driver", name, scheme, target }
  }
  if (scheme !== "grpc" && scheme !== "a2a") return undefined
  const valid = target !== undefined && hostOf(scheme, target) !== undefined
  if (!valid)
    return refuse(scheme === "grpc" ? "grpc:<host>:<port>, the port from 1 to 65535" : "a2a:<http or https URL without user name, its port up to 65535>")
  return { kind: "driver", name, scheme, target }
}

const readAgent = (name: Spanned<string>, problems: Problems): Runner | undefined => {
  if (/^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(name.value)) return { kind: "agent", name }
  return problems.report("invalid-value", name.span, { what: "agent", value: name.value, expected: "the name of an agent manifest" })
}

const readManifest = (path: Spanned<string>, problems: Problems): Runner | undefined => {
  if (path.value !== "" && !/^-|\0|\\/.test(path.value) && !path.value.split("/").includes("..")) return { kind: "manifest", path }
  return problems.report("invalid-value", path.span, {
    what: "manifest path",
    value: path.value,
    expected: 'a path without ".." and "\\", not starting with "-"',
  })
}

/** Needs the merged settings, since `allow_private` may come from another place than the driver. */
export const checkAddress = ({ runner, allowPrivate }: SessionSettings, problems: Problems): void => {
  if (runner?.kind !== "driver" || runner.target === undefined || allowPrivate?.value === true) return
  if (runner.scheme !== "grpc" && runner.scheme !== "a2a") return
  const host = hostOf(runner.scheme, runner.target)
  const range = host === undefined ? undefined : privateRange(host)
  if (host !== undefined && range !== undefined)
    problems.report("private-address", runner.name.span, { host, range }, { help: "a session that means it says allow_private: true" })
}
