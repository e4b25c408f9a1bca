/**
 * What persons do to a pipeline and its tracks. Each event gets a verdict: `unchanged` where it was so already, `refused`
 * where the pipeline or the track is not in a state for it; then nothing of it is done. Everything is looked at before
 * anything is changed. Skipping, forcing and running again what has ended are in rerun-rules.ts.
 */
import { findChosen } from './completion-rules.ts';
import { cancelTrack, closeTrack, endPipeline } from './ending-rules.ts';
import { decideGate, describeTrack, letRun } from './gate-rules.ts';
import type { ParameterValues } from './parameters.ts';
import type { PipelineMode } from './pipeline-status.ts';
import { replaceEnd, rerunTracks } from './rerun-rules.ts';
import { isTrackEnded } from './track-status.ts';
import type { PersonEvent, TrackView, Verdict } from './transition-types.ts';
import { DONE, isFailure, isPipelineLive, refuse, UNCHANGED, type WorkingSet } from './working-set.ts';

export function applyPersonEvent(work: WorkingSet, event: PersonEvent): Verdict {
  switch (event.kind) {
    case 'pause':
      return pausePipeline(work);
    case 'resume':
      return resumePipeline(work);
    case 'set_mode':
      return setMode(work, event.mode);
    case 'rerun':
      return rerunTracks(work, event.from);
    default: {
      const track = work.track(event.vertexId);
      // Asked for; the decision is made again with it.
      return track === null ? UNCHANGED : applyToTrack(work, track, event);
    }
  }
}

type TrackEvent = Extract<PersonEvent, { vertexId: number }>;

function applyToTrack(work: WorkingSet, track: TrackView, event: TrackEvent): Verdict {
  switch (event.kind) {
    case 'give_params':
      return giveParameters(work, track, event.values);
    case 'choose':
      return chooseWays(work, track, event.names);
    case 'approve':
      return decideGate(work, track, { decision: 'approved', values: event.values });
    case 'reject':
      return decideGate(work, track, { decision: 'rejected' });
    case 'cancel_track':
      return cancelByPerson(work, track);
    case 'skip':
      return replaceEnd(work, track, 'SKIPPED');
    case 'succeed':
      return replaceEnd(work, track, 'SUCCEED');
    case 'give_up':
      return giveUp(work, track);
  }
}

/** A person ends the pipeline. What still runs of a FAILED one is killed as well; its state stays. */
export function cancelPipeline(work: WorkingSet): Verdict {
  const { pipeline } = work;
  if (pipeline.state === 'FINISH') return refuse('expected a pipeline that is under way, found it in FINISH');
  work.killRunning = true;
  if (!isPipelineLive(pipeline)) {
    // Where an event before this one has just ended it, only all tracks tell what of it still runs.
    if (work.cancelUnstarted !== null) work.allTracks();
    return pipeline.state === 'FAILED' && pipeline.openTracks > 0 ? DONE : UNCHANGED;
  }
  pipeline.reason ??= 'cancelled';
  endPipeline(work, 'CANCELLED');
  return DONE;
}

function pausePipeline({ pipeline }: WorkingSet): Verdict {
  if (pipeline.state === 'PAUSED') return UNCHANGED;
  if (pipeline.state !== 'RUNNING') return refuse(`expected a pipeline in RUNNING, found it in ${pipeline.state}`);
  pipeline.state = 'PAUSED';
  return DONE;
}

function resumePipeline({ pipeline }: WorkingSet): Verdict {
  if (pipeline.state !== 'PAUSED') return refuse(`expected a pipeline in PAUSED, found it in ${pipeline.state}`);
  pipeline.state = 'RUNNING';
  return DONE;
}

/** In automatic mode what awaited a choice goes on by itself; what had no way to decide that still awaits it. */
function setMode(work: WorkingSet, mode: PipelineMode): Verdict {
  const { pipeline } = work;
  if (pipeline.mode === mode) return UNCHANGED;
  if (!isPipelineLive(pipeline)) return refuse(`expected a live pipeline, found it in ${pipeline.state}`);
  const tracks = mode === 'auto' ? work.allTracks() : new Map<number, TrackView>();
  pipeline.mode = mode;
  for (const track of tracks?.values() ?? []) if (track.awaits === 'choice') closeTrack(work, track);
  return DONE;
}

/** The same values again are no change; other ones come too late. */
function giveParameters(work: WorkingSet, track: TrackView, values: ParameterValues): Verdict {
  if (track.awaits === 'params') {
    work.inputs.set(track.vertexId, values);
    track.awaits = null;
    if (track.state === 'PENDING') letRun(work, track);
    return DONE;
  }
  const known = work.facts(track.vertexId)?.input ?? {};
  const isKnown = Object.entries(values).every(
    ([name, value]) => JSON.stringify(known[name]) === JSON.stringify(value),
  );
  if (isKnown) return UNCHANGED;
  const { name } = work.vertex(track.vertexId);
  return refuse(`expected ${name} to await parameters, found it ${describeTrack(track)}`);
}

function chooseWays(work: WorkingSet, track: TrackView, names: readonly string[]): Verdict {
  const { name, successors } = work.vertex(track.vertexId);
  const offered = successors.map((id) => work.vertex(id));
  const chosen = findChosen(names, offered);
  if (chosen === null) {
    const known = offered.map((successor) => successor.name).join(', ');
    return refuse(`expected successors of ${name} (${known || 'it has none'}), each once, found ${names.join(', ')}`);
  }
  if (track.awaits !== 'choice') {
    if (isTrackEnded(track.state) && track.chosen?.join() === chosen.join()) return UNCHANGED;
    const made =
      track.chosen === null ? '' : `; chosen are ${track.chosen.map((id) => work.vertex(id).name).join(', ')}`;
    return refuse(`expected ${name} to await a choice, found it ${describeTrack(track)}${made}`);
  }
  track.chosen = chosen;
  closeTrack(work, track);
  return DONE;
}

/** What runs is CANCELLED when its worker says that it is gone. */
function cancelByPerson(work: WorkingSet, track: TrackView): Verdict {
  if (track.state === 'RUNNING') {
    if (track.cancelRequested || work.killRunning) return UNCHANGED;
    track.cancelRequested = true;
    return DONE;
  }
  if (!isTrackEnded(track.state)) {
    cancelTrack(work, track);
    return DONE;
  }
  if (track.reason === 'cancelled') return UNCHANGED;
  const { name } = work.vertex(track.vertexId);
  return refuse(`expected ${name} not to have ended, found it ${describeTrack(track)}`);
}

/** Its failure stands: those after it hear of it now. */
function giveUp(work: WorkingSet, track: TrackView): Verdict {
  if (track.awaits === 'decision') {
    closeTrack(work, track);
    return DONE;
  }
  const vertex = work.vertex(track.vertexId);
  if (isFailure(vertex, track)) return UNCHANGED;
  return refuse(`expected ${vertex.name} to await a decision, found it ${describeTrack(track)}`);
}
