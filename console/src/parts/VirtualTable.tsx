// SPDX-License-Identifier: Apache-2.0
// A table of many live rows: only those in sight are in the document, and each renders by itself when what it shows
// changes (its cells are a component that reads the live store). For the rest use DataTable.
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { memo, useCallback, useEffect, useMemo, useRef, useState, type ComponentType, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import { useText } from '../text';
import { nextSorting, type Sorting } from './sortRows';
import classes from './VirtualTable.module.css';

export interface VirtualColumn {
  readonly key: string;
  readonly head: string;
  /** A grid track: 120px, minmax(90px, 2fr). */
  readonly track: string;
  /** Said to screen readers only. */
  readonly hideHead?: boolean;
  readonly align?: 'right';
  readonly sorts?: boolean;
  readonly downFirst?: boolean;
  /** The table is narrower than this: the column is left out. */
  readonly from?: number;
}
interface VirtualTableProps {
  readonly label: string;
  readonly columns: readonly VirtualColumn[];
  readonly ids: readonly string[];
  /** The content of a row's cell. Memoised by id and column: it reads what it shows itself. */
  readonly Cell: ComponentType<{ readonly id: string; readonly column: string }>;
  readonly height: number | string;
  readonly rowHeight?: number;
  readonly sorting?: Sorting | undefined;
  readonly onSort?: (next: Sorting) => void;
  readonly empty?: ReactNode;
}
const OVERSCAN = 6;

interface RowProps {
  readonly id: string;
  readonly place: number;
  readonly rowHeight: number;
  readonly columns: readonly VirtualColumn[];
  readonly Cell: VirtualTableProps['Cell'];
}
const Row = memo(function Row({ id, place, rowHeight, columns, Cell }: RowProps) {
  const style = { transform: `translateY(${place * rowHeight}px)`, height: rowHeight };
  return (
    <div role="row" className={classes.row} style={style} aria-rowindex={place + 2} data-place={place}>
      {columns.map((column) => (
        <div key={column.key} role="cell" className={classes.cell} data-align={column.align}>
          <Cell id={id} column={column.key} />
        </div>
      ))}
    </div>
  );
});
export function VirtualTable(props: VirtualTableProps) {
  const { label, columns: all, ids, Cell, height, rowHeight = 36, sorting, onSort, empty } = props;
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 2000 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = (): void =>
      setView((was) => {
        const next = { top: Math.floor(element.scrollTop / rowHeight) * rowHeight, height: element.clientHeight, width: element.clientWidth };
        return was.top === next.top && was.height === next.height && was.width === next.width ? was : next;
      });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [rowHeight]);
  const shown = all.filter((column) => !column.from || view.width >= column.from).map((column) => column.key).join();
  const columns = useMemo(() => all.filter((column) => shown.split(',').includes(column.key)), [all, shown]);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - OVERSCAN);
  const last = Math.min(ids.length, Math.ceil((view.top + view.height) / rowHeight) + OVERSCAN);
  // Arrow keys go from a row's control to the same one in the next row.
  const move = useCallback((event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>('[data-place]');
    if (!row || target.getAttribute('aria-expanded') === 'true' || !box.current?.contains(row)) return;
    const controls = [...row.querySelectorAll<HTMLElement>('a,button')];
    const place = Number(row.dataset['place']) + (event.key === 'ArrowDown' ? 1 : -1);
    const other = box.current.querySelector(`[data-place="${place}"]`)?.querySelectorAll<HTMLElement>('a,button');
    const next = other?.[Math.min(Math.max(controls.indexOf(target), 0), other.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
  }, []);
  const tracks = { '--tracks': columns.map((column) => column.track).join(' ') } as CSSProperties;
  return (
    <div ref={box} className={classes.scroll} style={{ ...tracks, maxHeight: height }} tabIndex={0} role="group" aria-label={label} onKeyDown={move}>
      <div role="table" aria-label={label} aria-rowcount={ids.length + 1} aria-colcount={columns.length}>
        <div role="rowgroup" style={{ position: 'sticky', top: 0, zIndex: 1 }}>
          <div role="row" className={classes.head} aria-rowindex={1}>
            {columns.map((column) => (
              <div
                key={column.key}
                role="columnheader"
                className={classes.cell}
                data-align={column.align}
                aria-sort={sorting?.key === column.key ? (sorting.down ? 'descending' : 'ascending') : undefined}
              >
                {column.sorts && onSort ? (
                  <button type="button" className={classes.sort} title={t.table.sort(column.head)} onClick={() => onSort(nextSorting(sorting, column.key, column.downFirst ?? false))}>
                    {column.head}
                    {sorting?.key === column.key ? sorting.down ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden /> : null}
                  </button>
                ) : (
                  <span className={column.hideHead ? 'far-hidden' : undefined}>{column.head}</span>
                )}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={classes.rows} style={{ height: ids.length * rowHeight }}>
          {ids.slice(first, last).map((id, index) => (
            <Row key={id} id={id} place={first + index} rowHeight={rowHeight} columns={columns} Cell={Cell} />
          ))}
        </div>
      </div>
      {ids.length === 0 ? <div className={classes.empty}>{empty ?? t.table.empty}</div> : null}
    </div>
  );
}
