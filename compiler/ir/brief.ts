/** The text, cut where it is longer than anybody reads; never in half a character. */
export const brief = (text: string, longest = 1000): string => {
  if (text.length <= longest) return text
  const start = text.slice(0, longest)
  return `${/[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start}…`
}
