import type { Request } from 'express';
import { z } from 'zod';

const ID_TEXT = /^[1-9]\d{0,15}$/;

/** `limit` and `cursor` of every call that lists. */
export const pagingQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(ID_TEXT, 'expected the nextCursor of the page before')
    .optional()
    .describe('the nextCursor of the page before'),
};

/** One page of a list. */
export function pageSchema<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; nextCursor: z.ZodNullable<z.ZodString> }> {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable().describe('null: the last page') });
}

export const PAGE_HEADERS = { Link: 'rel="next": the next page, where there is one' };

/** Several values of one query parameter: `?state=RUNNING&state=FAILED`. */
export function listParameter<T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]> {
  return z.preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(item).max(100),
  );
}

/** @returns the id after which the page starts */
export function readCursor(cursor: string | undefined): number | undefined {
  return cursor === undefined ? undefined : Number(cursor);
}

/**
 * Makes a page of one row more than asked for: whether there is one more is whether there is a next page.
 * @param rows `limit + 1` rows at most
 */
export function makePage<Row extends { id: number }, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(show), nextCursor: rows.length > limit && last !== undefined ? String(last.id) : null };
}

/** The Link header of RFC 8288, relative to this server. */
export function nextLink(request: Request, nextCursor: string | null): Record<string, string> {
  if (nextCursor === null) return {};
  const url = new URL(request.originalUrl, 'http://localhost');
  url.searchParams.set('cursor', nextCursor);
  return { Link: `<${url.pathname}${url.search}>; rel="next"` };
}

/** What numbers versions and attempts: from 1, as far as their columns go. */
export const numberParameter = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** @returns an id where the text is all digits, which a name never is; else the name */
export function readIdOrName(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** An id in a path: its digits alone, so that 1e3, 0x10 and 007 are none. */
export const idParameter = z.preprocess(
  (text) => (typeof text === 'string' && ID_TEXT.test(text) ? Number(text) : text),
  z.int('expected an id: digits, the first not 0').min(1),
);
