// The period's figures by agency as a spreadsheet: fetched with the token, handed to the browser as a file.
import type { Period } from './period';
import { asProblem } from './board';
import { authorised, Problem } from './session';

const SHEET = [
  'received', 'valid', 'resolved', 'on_time_strict', 'on_time_lenient', 'resolve_p50', 'resolve_p90', 'reopen_rate', 'satisfied_rate',
];

/** Saves `phan-anh-2026-11-01--2026-12-01.xlsx`; the Problem when it could not be had. */
export async function saveFigures(period: Period): Promise<Problem | null> {
  const query = new URLSearchParams(SHEET.map((code) => ['indicator', code]));
  Object.entries({ from: period.from, to: period.to, group_by: 'agency', units: 'working_hours', format: 'xlsx' }).forEach(
    ([name, value]) => query.append(name, value),
  );
  try {
    const answer = await authorised(`/v1/figures/export?${query}`, { headers: { Accept: '*/*' } });
    if (!answer.ok) return new Problem(String(answer.status), answer.status);
    hand(await answer.blob(), `phan-anh-${period.from}--${period.to}.xlsx`);
    return null;
  } catch (error) {
    return asProblem(error);
  }
}

function hand(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be asking where to put it
}
