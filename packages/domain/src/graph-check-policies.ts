import type { Problem } from './errors.ts';
import { findTemplateNames } from './fill-template.ts';
import type { CheckedReference } from './graph-check-references.ts';
import { checkReferences } from './graph-check-references.ts';
import type { CheckContext } from './graph-check-structure.ts';
import type { GatePolicy, MapPolicy, SubPipelinePolicy, VertexDefinition } from './graph-definition.ts';
import { escapePointer } from './graph-definition-problems.ts';
import { declarationsOf } from './parameters.ts';
import { splitOutputReference } from './render-script-outputs.ts';

/** A vertex that is looked at, and where its problems go. */
interface Place {
  vertex: VertexDefinition;
  at: number;
  problems: Problem[];
  references: CheckedReference[];
}

/**
 * Problems of gates (bad_gate), maps (bad_map) and sub-pipelines (bad_pipeline), as far as the graph alone tells: whether
 * there is such a graph, and whether it contains itself, is asked where graphs are stored.
 */
export function checkPolicies(context: CheckContext): Problem[] {
  const problems: Problem[] = [];
  const references: CheckedReference[] = [];
  context.vertices.forEach((vertex, at) => {
    const { gate, map, pipeline } = vertex.policies;
    const place = { vertex, at, problems, references };
    if (gate !== null) checkGate(gate, place);
    if (map !== null) checkMap(map, place);
    if (pipeline !== null) checkPipeline(pipeline, place);
  });
  return [...problems, ...checkReferences(context, references)];
}

function checkGate({ form, expiresMs, onExpiry }: GatePolicy, place: Place): void {
  const { name, input } = place.vertex;
  for (const parameter of Object.keys(form).filter((key) => Object.hasOwn(input, key))) {
    const message = `expected other names in the form of ${name} than in its input, found ${parameter} in both`;
    refuse(place, 'bad_gate', { pointer: `/gate/form/${parameter}`, message });
  }
  if (onExpiry !== 'approve') return;
  const pointer = '/gate/onExpiry';
  if (expiresMs === null) {
    const message = `expected expiresMs where the gate of ${name} says what its expiry decides, found none`;
    refuse(place, 'bad_gate', { pointer, message });
  }
  const asked = Object.keys(form).filter((key) => form[key]?.required === true && form[key].default === undefined);
  if (asked.length > 0) {
    const message = `expected no required field in the form of ${name}, as its expiry approves, found ${asked.join(', ')}`;
    refuse(place, 'bad_gate', { pointer, message });
  }
}

function checkMap({ over, as }: MapPolicy, place: Place): void {
  const { name, input } = place.vertex;
  const output = splitOutputReference(over);
  if (!Object.hasOwn(input, as)) {
    const message = `expected the parameter that gets the item in the input of ${name}, found no ${as} there`;
    refuse(place, 'bad_map', { pointer: '/map/as', message });
  }
  const pointer = '/map/over';
  if (output !== null) {
    referTo(output.vertex, place, { code: 'bad_map', pointer, text: `over (${over})` });
  } else if (over === as) {
    const message = `expected two parameters for the list and its item in ${name}, found ${over} for both`;
    refuse(place, 'bad_map', { pointer, message });
  } else {
    const list = declarationsOf(place.vertex)[over];
    if (list?.secret === true && input[as]?.secret === false) {
      const message = `expected ${as} of ${name} to be secret, as the list ${over} that it comes from, found that it is not`;
      refuse(place, 'bad_map', { pointer: '/map/as', message });
    }
    const type = list?.type;
    if (type === 'json') return;
    const found = type === undefined ? 'which it does not declare' : `which is of type ${type}`;
    const message = `expected over of ${name} to name a json parameter, or an output, found ${over}, ${found}`;
    refuse(place, 'bad_map', { pointer, message });
  }
}

function checkPipeline({ params }: SubPipelinePolicy, place: Place): void {
  const { vertex } = place;
  const code = 'bad_pipeline';
  if (vertex.script !== '') {
    refuse(place, code, {
      pointer: '/script',
      message: `expected a script or a pipeline in ${vertex.name}, found both`,
    });
  }
  const declarations = declarationsOf(vertex);
  for (const [parameter, value] of Object.entries(params)) {
    const pointer = `/pipeline/params/${escapePointer(parameter)}`;
    for (const name of findTemplateNames(value)) {
      const output = splitOutputReference(name);
      if (output !== null) {
        referTo(output.vertex, place, { code, pointer, text: `{${name}}` });
      } else if (!Object.hasOwn(declarations, name)) {
        const message = `expected {${name}} in ${vertex.name} to name a parameter of it, found ${name}, which it does not declare`;
        refuse(place, code, { pointer, message });
      }
    }
  }
}

function refuse({ vertex, at, problems }: Place, code: string, problem: { pointer: string; message: string }): void {
  problems.push({
    code,
    message: problem.message,
    pointer: `/vertices/${at}${problem.pointer}`,
    vertices: [vertex.name],
  });
}

/** Notes that the vertex looks at an output of another one. */
function referTo(
  other: string,
  place: Place,
  { code, pointer, text }: { code: string; pointer: string; text: string },
): void {
  const { at, references } = place;
  const { name } = place.vertex;
  const explain = (reason: string): Problem => {
    const message = `expected ${text} in ${name} to name an output of a vertex before it, found ${other}, ${reason}`;
    return { code, message, pointer: `/vertices/${at}${pointer}`, vertices: [name, other] };
  };
  references.push({ vertex: other, at, explain });
}
