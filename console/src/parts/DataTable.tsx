// SPDX-License-Identifier: Apache-2.0
// The console's table: dense, sortable by head buttons, rows that open by click, Enter or a real link, arrow keys
// between rows, and its own empty, loading and failed states.
import { Button, Skeleton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useMemo, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import { useText } from '../text';
import { useLanguage } from '../text';
import classes from './DataTable.module.css';
import { ErrorNote } from './ErrorNote';
import { nextSorting, sortRows, type Sorting, type SortValue } from './sortRows';

export interface Column<T> {
  readonly key: string;
  readonly head: string;
  /** Shown on hover of the head: a formula, an explanation. */
  readonly hint?: string;
  /** Beside the head: a button that explains the column. */
  readonly info?: ReactNode;
  readonly cell: (row: T) => ReactNode;
  /** Gives the column a sort button. */
  readonly sort?: (row: T) => SortValue;
  /** The first click sorts downwards (figures). */
  readonly downFirst?: boolean;
  readonly align?: 'left' | 'right';
  readonly width?: number | string;
  /** Left out on narrow screens. */
  readonly wideOnly?: boolean;
}
interface DataTableProps<T> {
  /** What the table shows, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[] | undefined;
  readonly rowKey: (row: T) => string;
  readonly sorting?: Sorting;
  /** Where a row leads; its first cell becomes the link. */
  readonly href?: ((row: T) => string | undefined) | undefined;
  /** Or what happens when it is opened. */
  readonly onOpen?: ((row: T) => void) | undefined;
  readonly selected?: string | undefined;
  readonly error?: unknown;
  readonly retry?: () => void;
  readonly empty?: ReactNode;
  /** Rows of sums below, never sorted. */
  readonly foot?: readonly T[];
  readonly maxHeight?: number | string;
}
const ROWS = 300; // at once; the rest is shown on demand

export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, rowKey, href, onOpen, selected, error, retry, empty, foot, maxHeight } = props;
  const t = useText();
  const language = useLanguage();
  const navigate = useNavigate();
  const [sorting, setSorting] = useState<Sorting | undefined>(props.sorting);
  const by = columns.find((column) => column.key === sorting?.key)?.sort;
  const [limit, setLimit] = useState(ROWS);
  const sorted = useMemo(() => (rows && by && sorting ? sortRows(rows, by, sorting.down, language) : (rows ?? [])), [rows, by, sorting, language]);

  if (error && !rows) return <ErrorNote error={error} retry={retry} />;
  const open = (row: T, event: MouseEvent | KeyboardEvent): void => {
    if ((event.target as HTMLElement).closest('a,button,input,select,audio')) return;
    if ('button' in event && window.getSelection()?.toString()) return; // somebody copies a number
    const to = href?.(row);
    if (to && (event.ctrlKey || event.metaKey)) window.open(to, '_blank', 'noopener');
    else if (to) navigate(to);
    else onOpen?.(row);
  };
  const move = (event: KeyboardEvent<HTMLTableRowElement>, row: T): void => {
    if (event.key === 'Enter' && event.target === event.currentTarget) return open(row, event);
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const other = event.key === 'ArrowDown' ? event.currentTarget.nextElementSibling : event.currentTarget.previousElementSibling;
    const target = other?.querySelector<HTMLElement>('[data-row-focus]') ?? (other as HTMLElement | null);
    if (!target) return;
    event.preventDefault();
    target.focus();
  };
  const body = (row: T, column: Column<T>, first: boolean): ReactNode => {
    const to = first ? href?.(row) : undefined;
    if (to) return <Link to={to} data-row-focus className={classes.link}>{column.cell(row)}</Link>;
    if (first && onOpen) return <button type="button" data-row-focus className={classes.opener} onClick={() => onOpen(row)}>{column.cell(row)}</button>;
    return column.cell(row);
  };
  const line = (row: T, inFoot: boolean): ReactNode => (
    <tr
      key={rowKey(row)}
      data-open={!inFoot && (href || onOpen) ? true : undefined}
      aria-selected={selected !== undefined && rowKey(row) === selected ? true : undefined}
      onClick={inFoot ? undefined : (event) => open(row, event)}
      onKeyDown={inFoot ? undefined : (event) => move(event, row)}
    >
      {columns.map((column, place) => (
        <td key={column.key} data-align={column.align} data-wide={column.wideOnly || undefined}>
          {inFoot ? column.cell(row) : body(row, column, place === 0)}
        </td>
      ))}
    </tr>
  );
  return (
    <div className={classes.scroll} style={maxHeight ? { maxHeight } : undefined} tabIndex={0} role="group" aria-label={label}>
      {error ? <ErrorNote error={error} retry={retry} /> : null}
      <table className={classes.table} aria-label={label} aria-busy={rows === undefined}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                style={column.width ? { width: column.width } : undefined}
                title={column.hint}
                data-info={column.info ? true : undefined}
                data-align={column.align}
                data-wide={column.wideOnly || undefined}
                aria-sort={sorting?.key === column.key ? (sorting.down ? 'descending' : 'ascending') : undefined}
              >
                <span className={column.info ? classes.headed : undefined}>
                  {column.sort ? (
                    <button type="button" className={classes.sort} title={column.hint ?? t.table.sort(column.head)} onClick={() => setSorting((now) => nextSorting(now, column.key, column.downFirst ?? false))}>
                      {column.head}
                      {sorting?.key === column.key ? sorting.down ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden /> : null}
                    </button>
                  ) : (
                    column.head
                  )}
                  {column.info}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows === undefined
            ? [0, 1, 2, 3, 4].map((place) => (
                <tr key={place}>
                  <td colSpan={columns.length}>
                    <Skeleton height={14} width={`${90 - place * 9}%`} />
                    {place === 0 ? <span className="far-hidden">{t.table.loading}</span> : null}
                  </td>
                </tr>
              ))
            : sorted.slice(0, limit).map((row) => line(row, false))}
          {rows && rows.length === 0 ? (
            <tr>
              <td colSpan={columns.length} className={classes.empty}>
                {empty ?? t.table.empty}
              </td>
            </tr>
          ) : null}
        </tbody>
        {foot && foot.length > 0 ? <tfoot>{foot.map((row) => line(row, true))}</tfoot> : null}
      </table>
      {sorted.length > limit ? (
        <div className={classes.rest}>
          {t.table.rows(sorted.length)}
          <Button size="xs" variant="default" onClick={() => setLimit(limit + ROWS)}>
            {t.table.more}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
