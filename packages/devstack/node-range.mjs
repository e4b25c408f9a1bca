// The little of npm's version ranges that `engines` uses: ^1.2.3 and >=1.2.3, joined by ||. Plain JS without dependencies.

/** Whether a version such as 20.19.1 is in the range. */
export function satisfiesRange(version, range) {
  return range.split('||').some((part) => satisfiesPart(version, part.trim()));
}

function satisfiesPart(version, part) {
  const match = /^(\^|>=)(\d+)\.(\d+)\.(\d+)$/.exec(part);
  if (!match) throw new Error(`expected ^1.2.3 or >=1.2.3 in "engines", found ${part}`);
  const wanted = match.slice(2).map(Number);
  const found = version.split('-')[0].split('.').map(Number);
  if (match[1] === '^' && found[0] !== wanted[0]) return false;
  const index = wanted.findIndex((number, position) => number !== found[position]);
  return index === -1 || found[index] > wanted[index];
}
