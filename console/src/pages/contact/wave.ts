// SPDX-License-Identifier: Apache-2.0
// The two sides of a recording as waves: the caller grows upwards, the agent downwards.
export interface Peaks {
  readonly recordedMs: string;
  readonly left?: readonly number[]; // 0..255, by the square root of the amplitude
  readonly right?: readonly number[];
}
function colour(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
/** The loudest of the stretch that a column of pixels stands for, 0..1. */
export function columnPeak(peaks: readonly number[], column: number, columns: number): number {
  const first = Math.floor((column / columns) * peaks.length);
  const last = Math.max(first + 1, Math.floor(((column + 1) / columns) * peaks.length));
  let top = 0;
  for (let i = first; i < last && i < peaks.length; i++) top = Math.max(top, peaks[i] ?? 0);
  return top / 255;
}
/** @param played 0..1 @param heard whether the caller's and the agent's side are heard */
export function drawWave(canvas: HTMLCanvasElement, peaks: Peaks, played: number, heard: readonly [boolean, boolean]): void {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.scale(scale, scale);
  const middle = height / 2;
  const step = 3;
  const columns = Math.floor(width / step);
  const [busy, good, off, accent] = ['--far-busy', '--far-good', '--far-off', '--far-accent'].map((name) => colour(canvas, name));
  const draw = (side: readonly number[], up: boolean, tone: string, on: boolean): void => {
    for (let column = 0; column < columns; column++) {
      const size = Math.max(1, columnPeak(side, column, columns) * (middle - 6));
      context.globalAlpha = !on ? 0.25 : column / columns <= played ? 1 : 0.55;
      context.fillStyle = on ? tone : (off ?? '');
      context.fillRect(column * step, up ? middle - 1 - size : middle + 1, step - 1, size);
    }
  };
  draw(peaks.left ?? [], true, busy ?? '', heard[0]);
  draw(peaks.right ?? [], false, good ?? '', heard[1]);
  context.globalAlpha = 1;
  context.fillStyle = off ?? '';
  context.fillRect(0, middle - 0.5, width, 1);
  context.fillStyle = accent ?? '';
  context.fillRect(Math.min(width - 2, played * width), 0, 2, height);
}
