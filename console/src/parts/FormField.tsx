// SPDX-License-Identifier: Apache-2.0
// Fields of a form whose values are a draft (useDraft): every keystroke is kept.
import { Autocomplete, Select, Textarea, TextInput } from '@mantine/core';
import type { Draft } from './useDraft';

interface FormFieldProps<T extends object, K extends keyof T & string> {
  readonly draft: Draft<T>;
  readonly name: K;
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  /** Several lines. */
  readonly lines?: number;
  /** A choice; with `free` any other text too. */
  readonly options?: readonly { value: string; label: string }[];
  readonly free?: boolean;
  readonly autoFocus?: boolean;
  readonly maxLength?: number;
}
export function FormField<T extends object, K extends keyof T & string>(props: FormFieldProps<T, K>) {
  const { draft, name, label, hint, error, required, placeholder, disabled, lines, options, free, autoFocus, maxLength } = props;
  const value = String(draft.value[name] ?? '');
  const change = (next: string): void => draft.set((before) => ({ ...before, [name]: next }));
  const common = {
    label,
    description: hint,
    error,
    placeholder,
    disabled: disabled ?? false,
    withAsterisk: required ?? false,
    'aria-required': required,
    'data-autofocus': autoFocus || undefined,
    name,
  };
  if (options && free) return <Autocomplete {...common} data={options.map((option) => option.label)} value={value} onChange={change} />;
  if (options)
    return (
      <Select {...common} data={[...options]} value={value || null} onChange={(next) => change(next ?? '')} clearable={!required} searchable={options.length > 8} checkIconPosition="right" />
    );
  if (lines)
    return <Textarea {...common} value={value} minRows={lines} autosize maxRows={12} maxLength={maxLength ?? 4000} onChange={(event) => change(event.currentTarget.value)} />;
  return <TextInput {...common} value={value} maxLength={maxLength ?? 200} onChange={(event) => change(event.currentTarget.value)} />;
}
