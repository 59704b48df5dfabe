/** The report of `mlfn bench`, in a browser: from a file, in light and dark, on a wide and on a narrow screen. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { htmlOf, levels, reportOf, split, type Timed } from '../../src/bench/index.ts';
import { measured, series, timed } from '../bench/lab.ts';
import { FLAGS } from './browser.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-page-'));
const LONG = `${'payload-'.repeat(30)}.json`;

/** As a load with a stall, failures and a start in it. */
function load(memory: number): Timed[] {
  return Array.from({ length: 600 }, (_, at) => {
    const dueMs = at * 10;
    const ms = 4 + (at % 13) + (at > 300 && at < 340 ? 900 : 0) + memory / 512;
    return timed({ dueMs, ms, status: at % 97 === 0 ? 500 : 200, coldMs: at === 301 ? 880 : null, handlerMs: ms / 2 });
  });
}

const PAGES = {
  levels: () => {
    const sizes = [512, 1024].flatMap((memory) => [
      series({ label: 'cold', phase: 'cold', memory, calls: [timed({ ms: 1400, coldMs: 1380 }), timed({ ms: 1900, coldMs: 1850 })], seconds: null, arrived: null }),
      series({ label: 'warm', phase: 'warm', memory, calls: load(memory).slice(0, 50), seconds: 1, arrived: null }),
      ...split(levels([1, 2, 4], 2), load(memory), memory, 6000),
    ]);
    return measured({ series: sizes, payload: { bytes: 12, from: LONG, predictions: 3 } });
  },
  gaps: () => {
    const calls = [0, 6, 16, 31, 61].map((minute) => timed({ dueMs: minute * 60_000, ms: minute === 6 ? 8 : 1500, coldMs: minute === 6 ? null : 1490 }));
    return measured({ scenario: 'gaps', series: [series({ label: 'gaps', phase: 'gaps', calls, seconds: null, arrived: null })] });
  },
  failures: () => measured({ series: [series({ calls: [timed({ status: null, error: 'ECONNREFUSED' })], arrived: 0 })] }),
};

let browser: Browser;
beforeAll(async () => {
  const executablePath = execFileSync(process.execPath, [path.join(import.meta.dirname, '../../scripts/chromium.mjs')], { encoding: 'utf8' }).trim();
  browser = await chromium.launch({ executablePath, args: FLAGS });
  for (const [name, make] of Object.entries(PAGES)) {
    const value = make();
    writeFileSync(path.join(folder, `${name}.html`), htmlOf(reportOf(value), value.series));
  }
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function shown<T>(name: keyof typeof PAGES, { width, colorScheme }: { width: number; colorScheme: 'light' | 'dark' }, look: (page: Page) => Promise<T>): Promise<T> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const [asked, faults]: [string[], string[]] = [[], []];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => faults.push(message.text()));
  const url = pathToFileURL(path.join(folder, `${name}.html`)).href;
  try {
    await page.goto(url);
    const seen = await look(page);
    expect({ asked, faults }).toEqual({ asked: [url], faults: [] });
    return seen;
  } finally {
    await page.close();
  }
}

interface Box {
  kind: string;
  left: number;
  right: number;
  html: string;
}

/** Run in the page, whose types this program does not know. */
function boxes(page: Page, selector: string): Promise<Box[]> {
  return page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => {
    const { left, right } = each.getBoundingClientRect();
    return { kind: each.getAttribute('class') ?? '', left, right, html: each.outerHTML.slice(0, 120) };
  })`);
}

function styles(page: Page, selector: string, property: string): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => getComputedStyle(each).getPropertyValue(${JSON.stringify(property)}))`);
}

/** Relative luminance of `rgb(r, g, b)`: www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [...color.matchAll(/[\d.]+/g)].map(([each]) => {
    const share = Number(each) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((one, other) => one - other) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const SCREENS = [1200, 320].flatMap((width) => (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })));

describe.each(Object.keys(PAGES) as (keyof typeof PAGES)[])('the page of %s', (name) => {
  it.each(SCREENS)('stands on a $colorScheme screen of $width points', async (screen) => {
    await shown(name, screen, async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(screen.width);
      // What is drawn or written outside of the screen nobody sees; a wide table scrolls by itself.
      const places = await boxes(page, 'svg text, svg circle, svg rect, h1, p, dd, dt, li');
      const outside = places.filter(({ left, right }) => left < -0.5 || right > screen.width + 0.5);
      expect(outside).toEqual([]);
    });
  });

  it.each(['light', 'dark'] as const)('can be read in %s', async (colorScheme) => {
    const { ground, inks } = await shown(name, { width: 1000, colorScheme }, async (page) => {
      const texts = await styles(page, 'h1, h2, p, li, th, td, dt, dd, .name, .figures, .failed', 'color');
      const drawn = await styles(page, 'svg text, svg circle, svg rect', 'fill');
      const [found = ''] = await styles(page, 'body', 'background-color');
      return { ground: found, inks: new Set([...texts, ...drawn]) };
    });
    expect(inks.size).toBeGreaterThan(2);
    for (const ink of inks) expect(contrast(ink, ground), `${ink} on ${ground}`).toBeGreaterThan(4.5);
    expect(luminance(ground) < 0.1).toBe(colorScheme === 'dark');
  });
});

describe('what is drawn', () => {
  const wide = { width: 1000, colorScheme: 'light' } as const;

  it('has every series of every size once in each plot, further to the right where it is slower', async () => {
    const seen = await shown('levels', wide, async (page) => {
      const section = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Latency', exact: true }) });
      const [names, figures, dots] = await Promise.all([section.locator('.name').allInnerTexts(), section.locator('.figures').allInnerTexts(), boxes(page, '.bar circle')]);
      return names.map((name, at) => ({ name, figures: figures[at], x: dots[at]!.left }));
    });
    expect(seen.map(({ name }) => name)).toEqual([512, 1024].flatMap((memory) => ['cold', 'warm', '1 user', '2 users', '4 users'].map((label) => `${label}, ${memory} MB`)));
    const [cold, warm] = seen;
    expect(cold!.x).toBeGreaterThan(warm!.x);
    expect(cold!.figures).toBe('p50 1.4 s, p90 1.9 s, p99 1.9 s');
  });

  it('shows each call of a load, the failed and the cold ones marked, in the order of time', async () => {
    const seen = await shown('levels', wide, async (page) => {
      const [field] = await boxes(page, '.field');
      const all = await boxes(page, '.field circle');
      return { ...field!, all, fields: await page.locator('.field').count() };
    });
    // One plot for each size.
    expect([seen.fields, seen.all.length]).toEqual([2, 1200]);
    seen.all.splice(600);
    expect(seen.all.filter(({ kind }) => kind === 'failed').length).toBe(7);
    expect(seen.all.filter(({ kind }) => kind === 'cold').length).toBe(1);
    const places = seen.all.map(({ left, right }) => (left + right) / 2);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeCloseTo(seen.left, 0);
    expect(places.at(-1)!).toBeLessThan(seen.right);
    expect(places.at(-1)!).toBeGreaterThan(seen.left + 0.95 * (seen.right - seen.left));
  });

  it('puts gaps at their minutes', async () => {
    const places = (await shown('gaps', wide, (page) => boxes(page, '.field circle'))).map(({ left }) => left);
    const [first, second, third] = places as [number, number, number, number, number];
    expect(places.length).toBe(5);
    expect((third - first) / (second - first)).toBeCloseTo(16 / 6, 1);
  });
});
