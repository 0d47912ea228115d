// SPDX-License-Identifier: Apache-2.0
import type { Same } from './table';

const en = {
  label: 'Time',
  own: 'Own range…',
  from: 'From',
  to: 'Until (not included)',
  apply: 'Show',
  wrong: 'The end must come after the beginning',
  preset: {
    hour: 'Last hour',
    today: 'Today',
    yesterday: 'Yesterday',
    week: 'This week',
    'last-week': 'Last week',
    'days-7': 'Last 7 days',
    'days-30': 'Last 30 days',
    month: 'This month',
    'last-month': 'Last month',
    quarter: 'This quarter',
    'last-quarter': 'Last quarter',
    year: 'This year',
    'last-year': 'Last year',
  },
};
const zh: Same<typeof en> = {
  label: '时间',
  own: '自定义…',
  from: '从',
  to: '到（不含）',
  apply: '查看',
  wrong: '结束时间必须晚于开始时间',
  preset: {
    hour: '最近一小时',
    today: '今天',
    yesterday: '昨天',
    week: '本周',
    'last-week': '上周',
    'days-7': '最近 7 天',
    'days-30': '最近 30 天',
    month: '本月',
    'last-month': '上月',
    quarter: '本季度',
    'last-quarter': '上季度',
    year: '今年',
    'last-year': '去年',
  },
};
export const rangeText = { en, zh };
