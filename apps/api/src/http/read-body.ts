import type { Request } from 'express';
import {
  BatonError,
  escapePointer,
  parseJsonText,
  parseYamlText,
  type DocumentSource,
  type Problem,
} from '@baton/domain';
import type { AppSettings } from '../app-deps.ts';
import type { BodyShape } from './route-types.ts';

/** A body as it came: its value, and for documents the text that it was read from. */
export interface ReadBody {
  value: unknown;
  source: DocumentSource;
}

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/**
 * Reads a body of the kind that the route takes.
 * @returns null where the request has none
 * @throws BatonError unsupported_media_type, body_too_large (also for chunked bodies, as soon as the limit is passed),
 *   malformed_json and malformed_yaml with line and column, invalid_request for too many levels, a key __proto__, or a half
 *   surrogate pair
 */
export async function readBody(
  request: Request,
  shape: BodyShape,
  settings: Pick<AppSettings, 'maxBodyBytes' | 'maxGraphBytes' | 'maxYamlBytes'>,
): Promise<ReadBody | null> {
  if (!hasBody(request)) return null;
  const format = formatOf(request, shape);
  const documentLimit =
    format === 'yaml' ? Math.min(settings.maxYamlBytes, settings.maxGraphBytes) : settings.maxGraphBytes;
  const limit = shape.kind === 'document' ? documentLimit : (shape.limitBytes ?? settings.maxBodyBytes);
  const bytes = await readBytes(request, limit);
  if (bytes.length === 0) return null;
  const text = decodeText(bytes, format);
  const value = parseText(text, format, shape.kind);
  refuseDepth(value);
  if (MAY_HOLD_HALF_PAIR.test(text)) refuseHalfPairs(value);
  if (shape.kind !== 'document' && MAY_NAME_PROTOTYPE.test(text)) refusePrototypeKeys(value, '');
  return { value, source: { format, text } };
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function formatOf(request: Request, shape: BodyShape): DocumentSource['format'] {
  const type = (request.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = request.get('Content-Encoding') ?? 'identity';
  const expected = shape.kind === 'document' ? ['application/json', ...YAML_TYPES] : ['application/json'];
  if (!expected.includes(type) || encoding !== 'identity') {
    const found = `${type || 'no Content-Type'}${encoding === 'identity' ? '' : ` encoded as ${encoding}`}`;
    throw new BatonError('unsupported_media_type', `expected ${expected.join(' or ')}, found ${found}`);
  }
  return type === 'application/json' ? 'json' : 'yaml';
}

async function readBytes(request: Request, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge(request, limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(request, limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The rest of the body is read and thrown away, so that the client gets to see the answer; the connection ends after it. */
function tooLarge(request: Request, limit: number): BatonError {
  request.res?.set('Connection', 'close');
  request.resume();
  return new BatonError('body_too_large', `expected a body of at most ${limit} bytes, found more`);
}

function decodeText(bytes: Buffer, format: DocumentSource['format']): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BatonError(`malformed_${format}`, 'expected UTF-8, found bytes that are not', { cause });
  }
}

function parseText(text: string, format: DocumentSource['format'], kind: BodyShape['kind']): unknown {
  if (format === 'yaml') return parseYamlText(text);
  if (kind === 'document') return parseJsonText(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return parseJsonText(text); // says where
  }
}

/** Of a whole body; the values in it are stored, and bounded by themselves (MAX_VALUE_LEVELS). */
const MAX_LEVELS = 32;

/** Level by level, without recursion: whatever comes later may recurse. */
function refuseDepth(value: unknown): void {
  let level = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_LEVELS) {
      const message = `expected at most ${MAX_LEVELS} levels, found more`;
      throw new BatonError('invalid_request', message, { problems: [{ code: 'invalid_field', message, pointer: '' }] });
    }
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

const MAY_NAME_PROTOTYPE = /__proto__|\\u005f/i;

/** Schemas pass over such a key; unknown fields are refused, so it is refused here. */
function refusePrototypeKeys(value: unknown, pointer: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) {
    const problem = { code: 'unknown_field', message: 'expected no such key', pointer: `${pointer}/__proto__` };
    throw new BatonError('invalid_request', 'expected no key named __proto__, found one', { problems: [problem] });
  }
  for (const [key, inner] of Object.entries(value)) refusePrototypeKeys(inner, `${pointer}/${escapePointer(key)}`);
}

/** Both languages write it as an escape, YAML in eight digits as well: the bytes of a body are UTF-8. */
const MAY_HOLD_HALF_PAIR = /\\u(?:0000)?d[89a-f]/i;

/** So many of a body are named. */
const MAX_NAMED = 100;

/** No table takes such a text, as JSON or as it is, and none is meant. What holds it is not quoted: it may be a secret. */
function refuseHalfPairs(body: unknown): void {
  const problems: Problem[] = [];
  const look = (value: unknown, pointer: string): void => {
    if (problems.length === MAX_NAMED) return;
    if (typeof value === 'string' && HALF_PAIR.test(value)) {
      problems.push({
        code: 'invalid_field',
        message: 'expected whole characters, found half a surrogate pair',
        pointer,
      });
    }
    if (!isContainer(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(key)}`;
      look(key, at);
      look(inner, at);
    }
  };
  look(body, '');
  const [first] = problems;
  if (first === undefined) return;
  throw new BatonError('invalid_request', `${first.pointer} ${first.message}`.trim(), { problems });
}

const HALF_PAIR = /\p{Surrogate}/u;
