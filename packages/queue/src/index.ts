export * from './completion-queue.ts';
export * from './completion-signature.ts';
export * from './consumer.ts';
export * from './nudge.ts';
export * from './redis.ts';
export * from './track-message.ts';
export { createTrackQueue, MAX_PRIORITY, type TrackQueue } from './track-queue.ts';
export type { Queue } from 'bullmq';
export type { Redis } from 'ioredis';
