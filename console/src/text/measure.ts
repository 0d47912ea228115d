// SPDX-License-Identifier: Apache-2.0
import type { Same } from './table';

const en = { good: 'as wanted', near: 'close to the limit', off: 'outside its target' };
const zh: Same<typeof en> = { good: '达标', near: '接近阈值', off: '未达标' };
export const measureText = { en, zh };
