// SPDX-License-Identifier: Apache-2.0
import { Button, Popover, Text, type ButtonProps } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useText } from '../text';

interface ConfirmButtonProps extends Omit<ButtonProps, 'onClick'> {
  readonly children: ReactNode;
  /** What will happen, as a question. */
  readonly question: string;
  readonly confirm?: string;
  readonly onConfirm: () => void;
}
/** A button that asks once more, beside itself. */
export function ConfirmButton({ children, question, confirm, onConfirm, ...button }: ConfirmButtonProps) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button variant="default" {...button} onClick={() => setOpen((was) => !was)}>
          {children}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={question} maw={320}>
        <Text mb={10}>{question}</Text>
        <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end' }}>
          <Button size="xs" variant="default" onClick={() => setOpen(false)}>
            {t.action.cancel}
          </Button>
          <Button
            size="xs"
            color="red"
            data-autofocus
            onClick={() => {
              setOpen(false);
              onConfirm();
            }}
          >
            {confirm ?? t.action.confirm}
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
