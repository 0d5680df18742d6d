/** Somebody invented who can be tried out with one click: an ordinary person with an ordinary, random password. */
export type DemoPerson = { name: string; email: string; password: string; words: string }
