/** Whether something settled within a time of the real world; a failure of it counts as settled. */
export const within = (ms: number, done: Promise<unknown>): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms)
    const settled = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    done.then(settled, settled)
  })
