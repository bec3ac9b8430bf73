const PREFIX = /^(?:un|dis|im|in)(?=.{4})/;
const SUFFIX =
  /(?<=.{3})(?:ably|ibly|able|ible|ly|ing|ed|ers?|ous|ful|less|ive|ence|ent|ant|ure|ic|s|e|y|i)$/;

/** A word without its usual prefixes and endings, to see that "thrilled" and "thrilling" or "like" and "dislike" are kin. */
export function stem(word: string): string {
  let rest = word.toLowerCase().replace(PREFIX, "");
  while (SUFFIX.test(rest)) rest = rest.replace(SUFFIX, "");
  return rest;
}
