import { toEnvironment, type JsonValue, type ParameterDeclarations } from '@baton/domain';
export function renderScript({
  script,
  values,
}: {
  script: string;
  shell: string | null;
  declarations: ParameterDeclarations;
  values: Record<string, JsonValue>;
}): { script: string; environment: Record<string, string> } {
  return { script, environment: toEnvironment(values) };
}
