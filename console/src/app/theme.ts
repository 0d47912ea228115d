// SPDX-License-Identifier: Apache-2.0
// The look: calm greys, one blue, 14 px, little rounding. Colours of states are variables in app.css.
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const sea: MantineColorsTuple = ['#eef4fc', '#dae7f7', '#b4cdec', '#8bb2e0', '#689ad4', '#4c84c6', '#3a70b6', '#2b5fa8', '#244f8c', '#1c3d6d'];
const gray: MantineColorsTuple = ['#f7f8fa', '#f0f2f5', '#e5e8ec', '#d7dbe1', '#bcc3cc', '#949da9', '#5f6976', '#4a535f', '#343c47', '#1f252d'];
const dark: MantineColorsTuple = ['#d8dce2', '#b3bac4', '#949ca8', '#666e7a', '#414853', '#30363f', '#262b33', '#1c2027', '#15181d', '#101317'];
const leaf: MantineColorsTuple = ['#e9f7f0', '#d3efe0', '#a6dec0', '#77cd9f', '#50bf83', '#36b170', '#27a063', '#1f8f57', '#1c814f', '#177245'];

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 7, dark: 6 },
  colors: { sea, gray, dark, leaf },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', Consolas, 'Noto Sans Mono CJK SC', monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  defaultRadius: 'md',
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'sm' }, styles: { root: { fontWeight: 500 } } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } }, // a focusable div is no item of a menu
    Text: { defaultProps: { size: 'md' } },
  },
});
