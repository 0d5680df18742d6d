/** Characters of a password; the upper end bounds what its hash costs. */
export const shortestPassword = 12
export const longestPassword = 128
