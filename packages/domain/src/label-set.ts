/** What a vertex without labels asks for, and a worker without labels serves. */
export const DEFAULT_LABEL = 'default';

/** What a worker must serve for a vertex with these labels. */
export function wantedLabels(labels: readonly string[]): readonly string[] {
  return labels.length === 0 ? [DEFAULT_LABEL] : labels;
}

/** The canonical text of a set of labels, one queue each: sorted, joined by `+`; no labels are the set of `default` alone. */
export function labelSetOf(labels: readonly string[]): string {
  return [...new Set(wantedLabels(labels))].toSorted().join('+');
}

/** The labels of a set's canonical text. */
export function labelsOf(labelSet: string): string[] {
  return labelSet.split('+');
}

/** Whether a worker that serves some labels may run a vertex that has others: it serves every one of them. */
export function servesLabels(served: readonly string[], labels: readonly string[]): boolean {
  return wantedLabels(labels).every((label) => served.includes(label));
}
