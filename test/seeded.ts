/**
 * Property tests try the same cases in every run, so that a red run means a change. `FC_SEED=random npm test` looks further, `FC_SEED=N` looks
 * again at what a seed has found.
 */
import fc from "fast-check"

const { FC_SEED: asked } = process.env

if (asked !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: asked === undefined ? 1 : Number(asked) })
