import { useEffect, useState } from 'react';
import type { Job } from './jobs.js';
import { queryClient, SESSION } from './query-client.js';

const EVENTS = '/_/api/admin/jobs/events';

/** After how long a stream that was refused is asked for again, ms; one that broke off comes back by itself. */
const AGAIN_MS = 5_000;

export interface LiveJobs {
  /** The newest 100, the newest first; undefined until they were told. */
  readonly jobs: readonly Job[] | undefined;
  /** False while the stream is broken off: what is shown may be old. */
  readonly isLive: boolean;
}

/** A job that changed, in its place or as the newest. */
function withJob(jobs: readonly Job[], changed: Job): readonly Job[] {
  const isKnown = jobs.some(({ id }) => id === changed.id);
  return isKnown ? jobs.map((job) => (job.id === changed.id ? changed : job)) : [changed, ...jobs];
}

/** The newest jobs as they change, by server-sent events. Each stream begins with all of them, so that nothing is missed while there was none. */
export function useLiveJobs(): LiveJobs {
  const [live, setLive] = useState<LiveJobs>({ jobs: undefined, isLive: false });
  useEffect(() => {
    const stop = followJobs(
      (change) => setLive(({ jobs }) => ({ jobs: change(jobs ?? []), isLive: true })),
      () => setLive(({ jobs }) => ({ jobs, isLive: false })),
    );
    return stop;
  }, []);
  return live;
}

type Change = (jobs: readonly Job[]) => readonly Job[];

/** Follows until it is stopped; pages that nobody sees hold no stream. */
function followJobs(onChange: (change: Change) => void, onLost: () => void): () => void {
  let stream: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function close(): void {
    clearTimeout(timer);
    stream?.close();
    stream = undefined;
  }

  function open(): void {
    close();
    const opened = new EventSource(EVENTS);
    stream = opened;
    opened.addEventListener('snapshot', ({ data }) => {
      const { jobs } = JSON.parse(data) as { jobs: readonly Job[] };
      for (const job of jobs) keep(job);
      onChange(() => jobs);
    });
    opened.addEventListener('job', ({ data }) => {
      const job = JSON.parse(data) as Job;
      keep(job);
      onChange((jobs) => withJob(jobs, job));
    });
    opened.addEventListener('error', () => {
      onLost();
      if (opened.readyState !== EventSource.CLOSED) return;
      // It was refused: because the session has ended, perhaps.
      void queryClient.invalidateQueries({ queryKey: SESSION });
      timer = setTimeout(open, AGAIN_MS);
    });
  }

  function onVisibility(): void {
    if (document.visibilityState === 'visible') open();
    else close();
  }

  open();
  document.addEventListener('visibilitychange', onVisibility);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}

/** For the screen of one job. */
const keep = (job: Job) => queryClient.setQueryData(['job', job.id], job);
