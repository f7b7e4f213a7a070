/** What YAML's core schema makes of an unquoted scalar; undefined when that is left to the YAML library. */
export const plainValue = (text: string): string | number | boolean | null | undefined => {
  const first = text.charCodeAt(0)
  if (isDigit(first) || first === plus || first === minus || first === dot) {
    if (/^(?:0|[1-9][0-9]{0,14})$/.test(text) || /^(?:0|[1-9][0-9]{0,8})\.[0-9]{1,6}$/.test(text)) return Number(text)
    return mayBeNumber.test(text) ? undefined : text
  }
  switch (text) {
    case "true":
    case "True":
    case "TRUE":
      return true
    case "false":
    case "False":
    case "FALSE":
      return false
    case "null":
    case "Null":
    case "NULL":
    case "~":
      return null
    default:
      return text
  }
}

const [plus, minus, dot] = [0x2b, 0x2d, 0x2e]
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
const mayBeNumber = /^[-+]?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|\.inf|\.Inf|\.INF|\.nan|\.NaN|\.NAN)$/
