import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** swagger-ui's files: beside the built program, where the build copied them; else where npm put them. */
export function findSwaggerDirectory(): string {
  const built = path.join(import.meta.dirname, 'swagger-ui');
  if (existsSync(built)) return built;
  return path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
