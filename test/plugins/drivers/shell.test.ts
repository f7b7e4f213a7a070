import { shell } from "../../../plugins/drivers/shell/index.ts"
import { suite } from "./suite.ts"

/** The prompt is the script. */
suite({
  name: "shell",
  driver: shell,
  context: (place) => ({ config: { command: place.command(["sh", "-c", 'eval "$FLEET_PROMPT"']) } }),
  scenes: {
    hello: "echo hello from the agent",
    hang: "echo working; exec tail -f /dev/null",
    orphan: "setsid sh -c 'echo $$ > orphan.pid; exec tail -f /dev/null' & exec tail -f /dev/null",
    flood: "seq -s ' ' 0 9 | tr ' ' '\\n' > /dev/null; i=0; while [ $i -lt 1000 ]; do echo \"$i \"; i=$((i + 1)); done",
  },
  garbage: [Uint8Array.of(0xff, 0xfe, 0xc3, 0x28)],
  harmless: [""],
})
