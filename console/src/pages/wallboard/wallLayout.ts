// SPDX-License-Identifier: Apache-2.0
// How many queues a wall shows at once, and in how many columns. Pure.
const CARD_WIDTH = 380;
const CARD_HEIGHT = 190;

export interface WallLayout {
  readonly columns: number;
  readonly perPage: number;
  readonly pages: number;
}
export function wallLayout(width: number, height: number, queues: number): WallLayout {
  const columnsMax = Math.max(1, Math.floor(width / CARD_WIDTH));
  const rowsMax = Math.max(1, Math.floor((height - 130) / CARD_HEIGHT));
  const perPage = Math.max(1, Math.min(queues, columnsMax * rowsMax));
  const pages = Math.max(1, Math.ceil(queues / perPage));
  // pages of about the same number of cards, in a grid as close to the screen's shape as can be
  const each = Math.ceil(queues / pages) || 1;
  let best = 1;
  for (let columns = 1; columns <= Math.min(columnsMax, each); columns++) {
    const rows = Math.ceil(each / columns);
    if (rows > rowsMax) continue;
    const ratio = (c: number): number => Math.abs(Math.log(width / c / ((height - 130) / Math.ceil(each / c)) / 1.9));
    if (Math.ceil(each / best) > rowsMax || ratio(columns) < ratio(best)) best = columns;
  }
  return { columns: best, perPage: each, pages };
}
