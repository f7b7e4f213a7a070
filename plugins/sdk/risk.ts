const drastic =
  /\b(sudo|doas|rm\s+-\w*[rf]|mkfs|dd\s+if=|shutdown|reboot|git\s+push|git\s+reset\s+--hard|chmod\s+-R|chown\s+-R|(curl|wget)\b.*\|\s*(ba|z)?sh)\b/u

/** How much harm a command can do. A guess that errs on the side of asking; a policy pack may know better. */
export const commandRisk = (command: string): "medium" | "high" => (drastic.test(command) ? "high" : "medium")
