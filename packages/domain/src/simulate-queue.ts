/** What comes first: keys of one length, compared number by number; of equal keys the one that was added first. */
export interface TimeQueue<T> {
  add(key: readonly number[], value: T): void;
  take(): { key: readonly number[]; value: T } | undefined;
}

interface Entry<T> {
  key: readonly number[];
  order: number;
  value: T;
}

/** A binary heap. */
export function createTimeQueue<T>(): TimeQueue<T> {
  const heap: Entry<T>[] = [];
  let added = 0;
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b] as Entry<T>, heap[a] as Entry<T>];
  };
  const isBefore = (a: number, b: number): boolean => compare(heap[a] as Entry<T>, heap[b] as Entry<T>) < 0;
  const sink = (start: number): void => {
    for (let place = start; ;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let first = place;
      if (left < heap.length && isBefore(left, first)) first = left;
      if (right < heap.length && isBefore(right, first)) first = right;
      if (first === place) return;
      swap(place, first);
      place = first;
    }
  };
  return {
    add(key, value) {
      heap.push({ key, order: (added += 1), value });
      for (let place = heap.length - 1; place > 0;) {
        const parent = (place - 1) >> 1;
        if (!isBefore(place, parent)) return;
        swap(place, parent);
        place = parent;
      }
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first !== undefined && last !== undefined && first !== last) {
        heap[0] = last;
        sink(0);
      }
      return first;
    },
  };
}

function compare<T>(a: Entry<T>, b: Entry<T>): number {
  for (const [index, number] of a.key.entries()) {
    const difference = number - (b.key[index] as number);
    if (difference !== 0) return difference;
  }
  return a.order - b.order;
}
