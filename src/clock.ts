// The clock of deadlines: milliseconds since the epoch as they were when this process started, and monotonic from there. Knows no time zone and no timer.

/**
 * The moment now, for deadlines and for measuring. Equal to Date.now() until somebody sets the machine's clock: that moves Date.now(), by hours
 * where a virtual machine was asleep, and would let every waiting request expire or none. What people read (logs, the journal) takes Date.now().
 */
export const now = (): number => performance.timeOrigin + performance.now()
