import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParameter, numberParameter } from '../http/paging.ts';
import { sendOutput } from '../send-output.ts';

const OUTPUT_HEADERS = {
  'X-Baton-Attempt': 'whose output this is',
  'X-Baton-Attempt-Ended': 'whether it was all said when this answer began',
  'X-Baton-Output-Bytes': 'stored bytes; not where the answer follows',
  'X-Baton-Cut-Bytes': 'bytes over the cap, not stored; once the attempt has ended',
};

export const getOutput = defineRoute({
  method: 'get',
  path: '/api/v1/tracks/{trackId}/output',
  scope: 'read',
  summary: "Read a track's output, as it was printed",
  tag: 'tracks',
  request: {
    params: z.strictObject({ trackId: idParameter }),
    query: z.strictObject({
      attempt: numberParameter.optional().describe('absent: the one that runs, else the newest that printed'),
      follow: z.enum(['true', 'false']).default('false').describe('go on until the attempt has ended'),
    }),
    headers: z.object({
      range: z.string().optional().describe('one range of bytes, e.g. bytes=-65536; not with follow'),
    }),
  },
  responses: {
    200: { description: 'Its bytes.', contentTypes: ['text/plain'], headers: OUTPUT_HEADERS },
    206: { description: 'The bytes of the range.', contentTypes: ['text/plain'], headers: OUTPUT_HEADERS },
  },
  errors: ['track_not_found', 'attempt_not_found'],
  isStream: true,
}).handle(({ deps, params, query, headers, signal }) =>
  sendOutput(
    deps.database,
    {
      trackId: params.trackId,
      attempt: query.attempt ?? null,
      isFollowing: query.follow === 'true',
      range: headers.range,
    },
    signal,
  ),
);
