/** What people see of a run while it goes: on a terminal one line per session, redrawn; else a line per event that matters. */
import type { FleetEvent } from "#runtime"
import { makePicture, said } from "./live-picture.ts"
import { questionOf } from "./request-words.ts"
import { columnsOf, printable } from "./text-width.ts"

export interface Progress {
  readonly see: (event: FleetEvent) => void
  /** A line of our own; it stays. */
  readonly say: (line: string) => void
  /** Somebody else writes to the terminal until `release`. */
  readonly hold: () => void
  readonly release: () => void
  /** Leaves the last picture standing. */
  readonly end: () => void
}

/** Undefined for what is not worth a line. */
const tell = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "run.started":
      return `run ${event.run} of ${event.fleet}`
    case "run.paused":
      return event.reason === "" ? "paused" : `paused: ${printable(event.reason, 200)}`
    case "run.resumed":
      return "resumed"
    case "turn.started":
      return `${event.session}: turn ${event.turn}${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`
    case "session.done":
      return `${event.session}: done${said(event) === "" ? "" : `, ${printable(said(event), 80)}`}`
    case "session.failed":
      return `${event.session}: failed (${event.error.kind}), ${printable(event.error.message, 200)}`
    case "session.cancelled":
      return `${event.session}: cancelled (${event.reason.code})`
    case "session.skipped":
      return `${event.session}: skipped (${event.reason})`
    case "session.retrying":
      return `${event.session}: again in ${event.delay_ms} ms after ${event.error.kind}`
    case "session.compensating":
      return `${event.session}: being undone`
    case "session.needs_review":
      return `${event.session}: needs review${event.reason === undefined ? "" : `, ${printable(event.reason, 200)}`}`
    case "route.failed":
      return `rule ${event.rule}: failed (${event.error.kind}), ${printable(event.error.message, 200)}`
    case "request.opened":
      return `${event.request}: ${questionOf(event)}`
    case "request.answered":
      return `${event.request}: answered by ${event.by}: ${printable(typeof event.reply === "string" ? event.reply : JSON.stringify(event.reply), 80)}`
    case "request.withdrawn":
      return `${event.request}: withdrawn, ${event.reason}`
    case "message.undeliverable":
      return `${event.session}: a message was not delivered, ${printable(event.reason, 200)}`
    case "notified":
      return printable(event.text, 500)
    case "budget.exceeded":
      return `budget of ${event.scope} exceeded: ${event.used} of ${event.limit}`
    default:
      return undefined
  }
}

export const plainProgress = (print: (text: string) => void): Progress => ({
  see: (event) => {
    const line = tell(event)
    if (line !== undefined) print(`${line}\n`)
  },
  say: (line) => print(`${line}\n`),
  hold: () => {},
  release: () => {},
  end: () => {},
})

export interface Screen {
  readonly print: (text: string) => void
  /** Asked at every drawing, since windows change. */
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly color: boolean
  /** Milliseconds since the epoch, as in events. */
  readonly now: () => number
}

const tickMs = 1000
/** Agents say more than eyes can follow. */
const frameMs = 60

/** Each write leaves the terminal as it should be left: line wrap and the cursor are off only within it, so no way to end can leave them off. */
const written = (frame: string): string => `\u001b[?25l\u001b[?7l${frame}\u001b[?7h\u001b[?25h`

export const liveProgress = ({ print, size, color, now }: Screen): Progress => {
  const picture = makePicture()
  let drawn: ReadonlyArray<string> = []
  let held = false
  let pending: NodeJS.Timeout | undefined
  let above = ""
  const erase = (): string => {
    // A window that became narrower may have broken our lines in two: what stands above must not be erased in their stead.
    const broken = drawn.some((line) => columnsOf(line) >= size().columns)
    return broken || drawn.length === 0 ? "" : `\u001b[${drawn.length}A\r\u001b[J`
  }
  const draw = (): void => {
    clearTimeout(pending)
    pending = undefined
    if (held) return
    const room = size()
    const plain = picture.lines({ ...room, color: false }, now())
    const lines = color ? picture.lines({ ...room, color }, now()) : plain
    print(written(`${erase()}${above}${lines.map((line) => `${line}\n`).join("")}`))
    above = ""
    drawn = plain
  }
  const soon = (): void => {
    pending ??= setTimeout(draw, frameMs).unref()
  }
  const say = (line: string): void => {
    above += `${line}\n`
    draw()
  }
  const tick = setInterval(soon, tickMs).unref()
  // After a stop the shell has written below our picture: it stays, and a new one begins.
  const anew = (): void => {
    drawn = []
    soon()
  }
  process.on("SIGWINCH", soon).on("SIGCONT", anew)
  return {
    see: (event) => {
      picture.see(event)
      const line = lasting(event) ? tell(event) : undefined
      if (line !== undefined) above += `${line}\n`
      soon()
    },
    say,
    hold: () => {
      clearTimeout(pending)
      pending = undefined
      print(written(erase()))
      drawn = []
      held = true
    },
    release: () => {
      held = false
      draw()
    },
    end: () => {
      held = false
      draw()
      clearInterval(tick)
      process.off("SIGWINCH", soon).off("SIGCONT", anew)
    },
  }
}

/** What must not vanish with the next picture. */
const lasting = ({ type }: FleetEvent): boolean =>
  type === "run.started" ||
  type === "notified" ||
  type === "request.opened" ||
  type === "session.failed" ||
  type === "session.needs_review" ||
  type === "route.failed" ||
  type === "run.paused" ||
  type === "budget.exceeded"
