// SPDX-License-Identifier: Apache-2.0
import type { Same } from './table';

const en = { export: 'Export', xlsx: 'Excel (XLSX)', csv: 'Text (CSV)' };
const zh: Same<typeof en> = { export: '导出', xlsx: 'Excel（XLSX）', csv: '文本（CSV）' };
export const exportText = { en, zh };
