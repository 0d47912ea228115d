// SPDX-License-Identifier: Apache-2.0
// A flow as text, with what is wrong beside its lines.
import { Textarea } from '@mantine/core';
import { useMemo, useRef } from 'react';
import { useText } from '../../text';
import { adminText } from '../../text/admin';
import classes from './admin.module.css';
import { itemsOf, type Config, type Item } from './config';
import { flowBeginning, flowText, readFlow } from './flow';

interface FlowEditorProps {
  readonly item: Item;
  readonly config: Config;
  readonly prompts: readonly string[];
  /** As typed so far; undefined: nothing yet. */
  readonly text: string | undefined;
  /** flow: undefined while the text is none. */
  readonly onChange: (text: string, flow: Item | undefined) => void;
  readonly onKeep: () => void;
}
export function FlowEditor({ item, config, prompts, text: typed, onChange, onKeep }: FlowEditorProps) {
  const t = useText(adminText);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = String(item['id'] ?? '');
  const text = useMemo(() => typed ?? (Array.isArray(item['nodes']) ? flowText(item) : flowBeginning), [typed, item]);
  const known = useMemo(() => (prompts.length > 0 ? new Set(prompts) : undefined), [prompts]);
  const read = useMemo(() => readFlow(text, { id, name: item['name'] }, { config, prompts: known }), [text, id, item, config, known]);
  const goTo = (line: number): void => {
    const at = text.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(at, at + (text.split('\n')[line - 1]?.length ?? 0));
  };
  const numbers = itemsOf(config, 'numbers').filter((number) => number['flow'] === id).map((number) => String(number['published'] || number['number']));
  const nodes = read.flow?.['nodes'];
  return (
    <div>
      <p className={classes.hint}>{numbers.length > 0 ? t.flow.usedBy(numbers.join(', ')) : t.flow.unused}</p>
      <Textarea
        ref={area}
        label={t.flow.text}
        description={t.flow.help}
        classNames={{ input: classes.code ?? '' }}
        autosize
        minRows={14}
        maxRows={30}
        spellCheck={false}
        value={text}
        aria-invalid={read.faults.some((fault) => !fault.warning)}
        onChange={(event) => {
          const next = event.currentTarget.value;
          onChange(next, readFlow(next, { id, name: item['name'] }, { config, prompts: known }).flow);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            onKeep();
          }
        }}
      />
      <ul className={classes.faults} aria-live="polite">
        {read.faults.map((fault, place) => (
          <li key={`${fault.code}${fault.line}${place}`} data-warning={fault.warning || undefined}>
            <button type="button" onClick={() => goTo(fault.line)}>
              {t.flow.line(fault.line)}
            </button>
            {t.flow.code[fault.code](fault.detail)}
          </li>
        ))}
        {read.faults.length === 0 ? <li data-fine>{t.flow.fine(Array.isArray(nodes) ? nodes.length : 0)}</li> : null}
      </ul>
    </div>
  );
}
