/** So many characters a JavaScript string may have, and with it what can be parsed in one piece. */
export const LONGEST_STRING = 2 ** 29 - 24;
