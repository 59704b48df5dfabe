/** Values of the measuring room, made by hand. */
import type { Answer } from '../../src/live.ts';
import type { Measured } from '../../src/bench/index.ts';
import type { Series, Timed } from '../../src/bench/timed.ts';

export function timed(given: Partial<Timed> = {}): Timed {
  return { dueMs: 0, ms: 10, status: 200, error: null, coldMs: null, handlerMs: null, billedMs: null, ...given };
}

export function series(given: Partial<Series> = {}): Series {
  return { label: '2 users', phase: 'load', memory: 1024, users: 2, rate: null, seconds: 1, arrived: 1, calls: [timed()], ...given };
}

export function measured(given: Partial<Measured> = {}): Measured {
  return {
    function: 'heart',
    target: 'local',
    url: 'http://127.0.0.1:8750/heart/',
    release: 3,
    memory: 1024,
    scenario: 'levels',
    begunAt: '2026-11-21T12:00:00.000Z',
    speed: 1,
    payload: { bytes: 12, from: 'payload.json', predictions: 1 },
    method: ['percentiles: nearest rank'],
    interrupted: false,
    limited: false,
    series: [series()],
    costs: [],
    ...given,
  };
}

export function answer(given: Partial<Answer> = {}): Answer {
  return { status: 200, headers: {}, body: new Uint8Array(), durationMs: 1, handlerMs: null, coldMs: null, release: 1, ...given };
}
