import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './browser.ts';

let stage: Stage;
let page: Page;
const faults: string[] = [];
const asked: string[] = [];

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});
beforeEach(async () => {
  faults.length = asked.length = 0;
  page = await stage.context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
});
afterEach(async () => {
  await page.close();
  if (faults.length > 0) throw new Error(`The page's script failed: ${faults.join('; ')}`);
});

const open = async (url: string): Promise<void> => {
  await page.goto(url);
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor();
};
const predict = async (): Promise<void> => {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Predict' }).click();
  await answered;
  await page.locator('#send:enabled').waitFor(); // the answer is read and shown by then
};
const text = async (selector: string): Promise<string> => (await page.locator(selector).innerText()).trim();

describe('a model with named fields', () => {
  let url: string;
  beforeAll(async () => {
    url = await stage.serve('heart');
  });

  it('makes the form from the schema and predicts with what it was filled with', async () => {
    await open(`${url}/`);
    expect(await page.title()).toBe('heart');
    expect(await text('#release')).toBe('release 3');
    const labels = await page.locator('#fields label').allInnerTexts();
    expect(labels.map((label) => label.trim())).toEqual(['age', 'chol may be empty', 'trestbps', 'cp', 'thal may be empty']);
    expect(await page.getByLabel('cp').locator('option').allInnerTexts()).toEqual(['asymptomatic', 'atypical', 'typical']);
    await predict();
    const young = await text('#result');
    await page.getByLabel('age').fill('77');
    await page.getByLabel('cp').selectOption({ label: 'typical' });
    await predict();
    expect([young, await text('#result')]).toEqual(['no disease', 'heart-disease']);
    expect(await text('.chances')).toMatch(/^heart-disease\s+\d+\.\d %\s+no disease\s+\d+\.\d %$/);
  });

  it('works below a prefix with and without the last slash, and asks nobody else', async () => {
    for (const address of [url, `${url}/`]) {
      await open(address);
      await predict();
      expect(await text('#result')).not.toBe('');
      expect(await page.locator('#docs').getAttribute('href')).toBe(`${url}/openapi.json`);
    }
    expect(asked.filter((each) => !each.startsWith(url) && !each.startsWith('data:'))).toEqual([]);
  });

  it('shows what the endpoint refuses beside the very field', async () => {
    await open(`${url}/`);
    await page.getByLabel('age').fill('sixty');
    await page.getByLabel('trestbps').fill('');
    await predict();
    expect(await text('.problem')).toContain('The input does not fit the model');
    expect(await text('#field-0-wrong')).toBe('Expected a number.');
    expect(await page.getByLabel('age').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('age').fill('60');
    await predict();
    expect(await text('#field-0-wrong')).toBe('');
    expect(await text('#field-2-wrong')).toBe('Expected a number.');
    await page.getByLabel('trestbps').fill('130');
    await predict();
    expect(await page.locator('.problem').count()).toBe(0);
  });

  it('takes an empty field as a missing value where the model does', async () => {
    await open(`${url}/`);
    await page.getByLabel('chol').fill('');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await predict();
    expect((await sent).postDataJSON()).toMatchObject({ chol: null });
    expect(await text('#result')).not.toBe('');
  });

  it('sends JSON as it was written, many records too', async () => {
    await open(`${url}/`);
    await page.getByRole('button', { name: 'Edit as JSON' }).click();
    const record = await page.getByLabel('JSON body').inputValue();
    await page.getByLabel('JSON body').fill(`[${record}, ${record}]`);
    await predict();
    expect(JSON.parse(await text('#raw')).predictions).toHaveLength(2);
    await page.getByLabel('JSON body').fill('{"age": ');
    await predict();
    expect(await text('.problem')).toContain('The body is not valid JSON');
    await page.getByRole('button', { name: 'Back to the form' }).click();
    await predict();
    expect(await text('#result')).not.toBe('');
  });

  it('copies a curl line that gives the same answer', async () => {
    await stage.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await open(`${url}/`);
    await page.getByLabel('thal').fill("it's new");
    await predict();
    await page.getByText('The whole answer').click();
    const shown = JSON.parse(await text('#raw'));
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const line = await page.evaluate('navigator.clipboard.readText()');
    expect(JSON.parse(execFileSync('sh', ['-c', `${line} -s`], { encoding: 'utf8' }))).toEqual(shown);
  });

  it('works with the keyboard alone, and every field has a label', async () => {
    await open(`${url}/`);
    const unlabelled = await page.evaluate(
      `[...document.querySelectorAll('input, select, textarea')].filter((each) => each.offsetParent && !each.labels.length).length`,
    );
    expect(unlabelled).toBe(0);
    await page.getByLabel('age').focus();
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.keyboard.press('Enter');
    await answered;
    await page.locator('#result').waitFor();
    expect(await text('#result')).not.toBe('');
  });

  it('fits a narrow screen, and has enough contrast in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 320, height: 700 });
      await open(`${url}/`);
      await page.getByLabel('age').fill('x'.repeat(80));
      await predict();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
      for (const selector of ['h1', '#release', '.problem b', '#send', '.wrong']) {
        expect(await contrast(selector), `${selector} in ${colorScheme}`).toBeGreaterThan(4.5);
      }
    }
  });
});

describe('models of other shapes', () => {
  it('takes a text', async () => {
    await open(await stage.serve('words'));
    await page.getByLabel('Text').fill('a dull one');
    await predict();
    expect(await text('#result')).toBe('down');
  });

  it('takes a row of numbers', async () => {
    await open(await stage.serve('rows'));
    await page.getByLabel('Value 1').fill('1');
    await page.getByLabel('Value 2').fill('1');
    await page.getByLabel('Value 3').fill('1');
    await predict();
    expect(Number(await text('#result'))).toBeCloseTo(6, 9);
  });

  it('gives JSON instead of a form of a hundred fields', async () => {
    await open(await stage.serve('wide'));
    expect(await page.locator('#fields input').count()).toBe(0);
    await predict();
    expect(await text('#result')).toMatch(/^(true|false)$/);
  });
});

/** WCAG contrast of an element's text against the first opaque background behind it. */
function contrast(selector: string): Promise<number> {
  return page.evaluate(
    ([query]) => {
      const rgb = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
      const light = (color: number[]): number => {
        const [red = 0, green = 0, blue = 0] = color.map((each) => {
          const part = each / 255;
          return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const doc = (globalThis as unknown as { document: any }).document;
      const style = (globalThis as unknown as { getComputedStyle: any }).getComputedStyle;
      const node = [...doc.querySelectorAll(query)].find((each: any) => each.textContent);
      let behind = node;
      while (rgb(style(behind).backgroundColor)[3] === 0 && behind.parentElement) behind = behind.parentElement;
      const [one, two] = [light(rgb(style(node).color)), light(rgb(style(behind).backgroundColor).slice(0, 3))];
      return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    },
    [selector],
  );
}
