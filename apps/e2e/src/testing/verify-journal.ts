/**
 * What the scripts themselves wrote, compared with the edges: the only witnesses that this verifier trusts. Each script
 * appends one line at its start and one at its end, each with a single write to a file opened for appending, so the
 * order of lines is the order of events.
 */
export interface JournalLine {
  kind: 'START' | 'END';
  vertex: string;
  attempt: number;
  runId: string;
}

export interface JournalVerdict {
  starts: number;
  ends: number;
  /** Vertices that started under more than one attempt: a fault hit them. */
  repeated: number;
  /** Everything that must not be, in words; empty for a clean journal. */
  violations: string[];
}

/** @throws Error for a line that no script of ours wrote */
export function parseJournal(text: string): JournalLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind, vertex, attempt, runId] = line.split(' ');
      if ((kind !== 'START' && kind !== 'END') || vertex === undefined || runId === undefined) {
        throw new Error(`not a journal line: ${line}`);
      }
      return { kind, vertex, attempt: Number(attempt), runId };
    });
}

/**
 * @param graph the vertices, and the edges as [tail, head]
 * @param mayRepeat whether faults were injected: a vertex may then start again under a further attempt
 */
export function verifyJournal(
  lines: readonly JournalLine[],
  graph: { vertices: readonly string[]; edges: readonly (readonly [string, string])[] },
  mayRepeat = false,
): JournalVerdict {
  const predecessors = new Map<string, string[]>(graph.vertices.map((name) => [name, []]));
  for (const [tail, head] of graph.edges) predecessors.get(head)?.push(tail);
  const violations: string[] = [];
  const attempts = new Map<string, Set<number>>();
  const runs = new Set<string>();
  const ended = new Set<string>();
  for (const { kind, vertex, attempt, runId } of lines) {
    if (kind === 'END') {
      ended.add(vertex);
      continue;
    }
    const before = predecessors.get(vertex);
    if (before === undefined) violations.push(`${vertex} started, but the graph does not have it`);
    const missing = (before ?? []).filter((name) => !ended.has(name));
    if (missing.length > 0) violations.push(`${vertex} started before the end of ${missing.join(', ')}`);
    const known = attempts.get(vertex) ?? new Set<number>();
    if (known.has(attempt)) violations.push(`attempt ${attempt} of ${vertex} started twice`);
    if (runs.has(runId)) violations.push(`run ${runId} started twice`);
    if (known.size > 0 && !mayRepeat) violations.push(`${vertex} started again, as attempt ${attempt}`);
    attempts.set(vertex, known.add(attempt));
    runs.add(runId);
  }
  for (const name of graph.vertices) if (!ended.has(name)) violations.push(`${name} never ended`);
  const starts = lines.filter(({ kind }) => kind === 'START').length;
  const repeated = [...attempts.values()].filter(({ size }) => size > 1).length;
  return { starts, ends: lines.length - starts, repeated, violations };
}
