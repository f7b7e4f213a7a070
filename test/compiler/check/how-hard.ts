/** The tests of the exploration look at a few hundred fleets; `npm run test:soundness` at many times as many, and compares larger ones. */
const { SOUNDNESS_TIMES = "1" } = process.env

export const times = Number(SOUNDNESS_TIMES)
if (!Number.isInteger(times) || times < 1) throw new RangeError(`SOUNDNESS_TIMES wants a whole number from 1, not ${SOUNDNESS_TIMES}`)

export const hard = times > 1
