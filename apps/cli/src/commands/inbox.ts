import type { InboxItem } from '@baton/client';
import { describeAwaited, missingOf } from '../awaited.ts';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatSpan, formatTable, formatTime, printable, shorten } from '../format.ts';

export const AWAITED_KINDS = ['params', 'approval', 'choice', 'decision'] as const satisfies InboxItem['kind'][];

export interface InboxOptions {
  mine?: boolean;
  kind: string[];
  limit: number;
  all?: boolean;
}

/** What awaits persons, the oldest pipelines first, with the commands to type. */
export async function showInbox(context: CommandContext, options: InboxOptions): Promise<ExitCode> {
  const kind = AWAITED_KINDS.filter((one) => options.kind.includes(one));
  const query = {
    ...(kind.length === 0 ? {} : { kind }),
    ...(options.mine === true ? { mine: 'true' as const } : {}),
  };
  const items: InboxItem[] = [];
  let hasMore = false;
  for await (const item of context.connect().listInbox(query)) {
    hasMore = options.all !== true && items.length === options.limit;
    if (hasMore) break;
    items.push(item);
  }
  answer(context, { items, hasMore }, () => {
    if (items.length === 0) return 'Nothing awaits a person.';
    const more = hasMore ? `\nThese are the first ${options.limit}; --limit and --all show more.` : '';
    return `${renderInbox(context, items)}${more}`;
  });
  return EXIT.success;
}

function renderInbox({ colors }: CommandContext, items: readonly InboxItem[]): string {
  const rows = items.map((item) => [
    shorten(printable(`${item.pipelineId}/${item.vertex}`), 40),
    shorten(printable(item.pipeline), 30),
    shorten(describeItem(item), 60),
    item.since === null ? '' : formatSpan(item.since, null, Date.now()),
    formatTime(item.expiresAt),
    shorten(describeWho(item), 30),
    composeCommand(item),
  ]);
  return formatTable(colors, ['track', 'pipeline', 'awaits', 'for', 'until', 'who', 'command'], rows);
}

function describeWho({ me, approvers }: InboxItem): string {
  if (me) return 'you';
  return printable(approvers.length === 0 ? 'operators' : approvers.join(', '));
}

/** `approval: Ship it?`, `choice: B, C`, `params: ip`, `decision: exit code 1`. */
function describeItem({ kind, message, choice, form, reason, exitCode, detail }: InboxItem): string {
  const facts = {
    approval: message ?? '',
    choice: (choice?.successors ?? []).join(', '),
    params: Object.keys(form).join(', '),
    decision: detail ?? [reason, exitCode].filter((fact) => fact !== null).join(' '),
  };
  return printable(facts[kind] === '' ? kind : `${kind}: ${facts[kind]}`);
}

function composeCommand({ kind, form, approvers, message, ...item }: InboxItem): string {
  const unsaid = { forbidSelfApproval: false, onExpiry: 'reject' as const, expiresAt: null };
  const gate = kind === 'approval' ? { form, approvers, message, ...unsaid } : null;
  return describeAwaited({ ...item, awaits: kind, gate }, missingOf(form, {}))?.command ?? '';
}
