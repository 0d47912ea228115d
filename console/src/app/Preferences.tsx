// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { IconCheck, IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUserCircle } from '@tabler/icons-react';
import { useNavigate } from 'react-router-dom';
import { logout, useSession } from '../api/session';
import { notifyError } from '../parts/notify';
import { chooseLanguage, useLanguage, useText } from '../text';
import classes from './Preferences.module.css';
import { pages } from './routes';

export function LanguageButton() {
  const t = useText();
  const language = useLanguage();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <button type="button" className={classes.language} lang={other === 'zh' ? 'zh-CN' : 'en'} aria-label={`${t.language.choose}: ${other === 'zh' ? '中文' : 'English'}`} onClick={() => chooseLanguage(other)}>
      {other === 'zh' ? '中' : 'EN'}
    </button>
  );
}
export function ThemeMenu() {
  const t = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices = [
    { value: 'light', label: t.header.light, icon: IconSun },
    { value: 'dark', label: t.header.dark, icon: IconMoon },
    { value: 'auto', label: t.header.auto, icon: IconDeviceDesktop },
  ] as const;
  const Now = (choices.find((choice) => choice.value === colorScheme) ?? choices[2]).icon;
  return (
    <Menu position="bottom-end" width={180} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.header.theme}>
          <Now size={18} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item
            key={choice.value}
            leftSection={<choice.icon size={16} />}
            rightSection={colorScheme === choice.value ? <IconCheck size={15} /> : null}
            aria-current={colorScheme === choice.value}
            onClick={() => setColorScheme(choice.value)}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
export function AccountMenu() {
  const t = useText();
  const session = useSession();
  const navigate = useNavigate();
  const name = session.person?.name || session.person?.login || '';
  const own = pages.filter((row) => (row.path === '/account' || row.path === '/my-phone') && row.may(session));
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.header.account}>
          <IconUserCircle size={20} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.header.loggedInAs(name)}</Menu.Label>
        {own.map((row) => (
          <Menu.Item key={row.path} leftSection={row.icon ? <row.icon size={16} /> : null} onClick={() => navigate(row.path)}>
            {row.title(t)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void logout().catch(notifyError)}>
          {t.header.logout}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
