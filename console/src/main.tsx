// SPDX-License-Identifier: Apache-2.0
import './app/mantine';
import { createRoot } from 'react-dom/client';
import { resume } from './api/session';
import { liveStart } from './api/live';
import { App } from './app/App';

liveStart();
resume();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
