// SPDX-License-Identifier: Apache-2.0
import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError } from '../../api/errors';
import { login } from '../../api/session';
import { Mark } from '../../app/Frame';
import { LanguageButton, ThemeMenu } from '../../app/Preferences';
import { usePageTitle } from '../../app/title';
import { useText } from '../../text';
import { loginText } from '../../text/login';
import classes from './login.module.css';

type Fault = 'wrong' | 'throttled' | 'away' | 'empty';

export default function Login() {
  const t = useText(loginText);
  const shared = useText();
  usePageTitle(t.title);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [fault, setFault] = useState<Fault>();
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!name.trim() || !password) return setFault('empty');
    setBusy(true);
    setFault(undefined);
    try {
      await login(name.trim(), password);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      setFault(status === 429 || (error instanceof ApiError && error.code === 'EFULL') ? 'throttled' : status >= 400 && status < 500 ? 'wrong' : 'away');
      setBusy(false);
    }
  }
  return (
    <div className={classes.page}>
      <div className={classes.corner}>
        <LanguageButton />
        <ThemeMenu />
      </div>
      <main className={classes.card}>
        <div className={classes.brand}>
          <Mark />
          <span>{shared.product}</span>
        </div>
        <h1 className={classes.title}>{t.title}</h1>
        <p className={classes.lead}>{t.lead}</p>
        <form onSubmit={(event) => void submit(event)} noValidate className={classes.form}>
          {fault ? (
            <Alert color="red" variant="light" role="alert">
              {t[fault]}
            </Alert>
          ) : null}
          <TextInput ref={first} label={t.login} name="login" autoComplete="username" autoCapitalize="none" spellCheck={false} size="md" value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PasswordInput label={t.password} name="password" autoComplete="current-password" size="md" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <Button type="submit" loading={busy} size="md" fullWidth>
            {t.go}
          </Button>
        </form>
      </main>
    </div>
  );
}
