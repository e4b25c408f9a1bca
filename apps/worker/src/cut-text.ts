/**
 * The beginning of a text, as text that JSON and a database take: where the cut divides a surrogate pair (or the text held
 * half of one before), the half becomes U+FFFD. What String.toWellFormed does, in the language level of this project.
 * @param length in UTF-16 units, which is how schemas count
 */
export function cutText(text: string, length: number): string {
  return text.slice(0, length).replace(/\p{Surrogate}/gu, '\uFFFD');
}
