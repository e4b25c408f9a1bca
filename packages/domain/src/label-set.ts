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
