// SPDX-License-Identifier: Apache-2.0
// The first configuration of a centre, out of a few answers. Pure.
import type { Config } from '../admin/config';

export interface Answers {
  centre: string;
  timeZone: string;
  countryCode: string;
  areaCode: string;
  siteId: string;
  siteZh: string;
  siteEn: string;
  edges: string[];
  number: string;
  published: string;
  queueZh: string;
  queueEn: string;
  agentId: string;
  agentName: string;
  agentPhone: string;
  callerPhone: string;
  trunk: string; // the carrier's address or network; "": none yet
}
export interface Recorder {
  readonly id: string;
  readonly uri: string;
}
export const beginning = (timeZone: string): Answers => ({
  centre: '',
  timeZone,
  countryCode: timeZone.startsWith('Asia/Shanghai') || timeZone === 'Asia/Urumqi' ? '86' : '',
  areaCode: '',
  siteId: '',
  siteZh: '总部',
  siteEn: 'Headquarters',
  edges: [],
  number: '1000',
  published: '',
  queueZh: '服务',
  queueEn: 'Service',
  agentId: '',
  agentName: '',
  agentPhone: '1001',
  callerPhone: '9001',
  trunk: '',
});
const ID = /^[a-z0-9-]{1,63}$/;
export type AnswerFault = 'required' | 'id' | 'digits' | 'same' | 'address';

/** What is wrong with an answer; undefined: nothing. */
export function answerFault(answers: Answers, key: keyof Answers): AnswerFault | undefined {
  const value = answers[key];
  const text = typeof value === 'string' ? value.trim() : '';
  switch (key) {
    case 'centre':
    case 'timeZone':
    case 'agentName':
      return text ? undefined : 'required';
    case 'edges':
      return answers.edges.length > 0 ? undefined : 'required';
    case 'siteId':
    case 'agentId':
    case 'agentPhone':
    case 'callerPhone':
      if (!text) return 'required';
      if (!ID.test(text)) return 'id';
      return key === 'callerPhone' && text === answers.agentPhone ? 'same' : undefined;
    case 'number':
      if (!text) return 'required';
      return /^[0-9*#+]{1,32}$/.test(text) ? undefined : 'digits';
    case 'published':
    case 'countryCode':
    case 'areaCode':
      return !text || /^[0-9+]{1,32}$/.test(text) ? undefined : 'digits';
    case 'trunk':
      return !text || /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(text) ? undefined : 'address';
    default:
      return undefined;
  }
}
export const ECHO_NUMBER = '9196';

export function firstConfig(answers: Answers, recorders: readonly Recorder[]): Config {
  const china = answers.countryCode === '86';
  return {
    centre: {
      name: answers.centre.trim(),
      timeZone: answers.timeZone,
      contactsMax: 200,
      ...(answers.countryCode
        ? { numberRule: { countryCode: answers.countryCode, areaCode: answers.areaCode, nationalPrefix: '0', internationalPrefix: '00' } }
        : {}),
    },
    sites: [{ id: answers.siteId, name: { zh: answers.siteZh, en: answers.siteEn }, edges: answers.edges }],
    trunks: answers.trunk ? [{ id: 'pstn', site: answers.siteId, name: { zh: '运营商中继', en: 'Carrier' }, addresses: [answers.trunk.trim()] }] : [],
    numbers: [
      { number: answers.number, published: answers.published, flow: 'main', name: { zh: '服务热线', en: 'Service line' } },
      ...(answers.number === ECHO_NUMBER ? [] : [{ number: ECHO_NUMBER, flow: 'echo', name: { zh: '回声测试', en: 'Echo test' } }]),
    ],
    phones: [
      { id: answers.agentPhone, site: answers.siteId, display: answers.agentName.trim() },
      { id: answers.callerPhone, site: answers.siteId, display: 'Test caller' },
    ],
    reasons: [
      { id: 'break', name: { zh: '小休', en: 'Break' } },
      { id: 'lunch', name: { zh: '午餐', en: 'Lunch' } },
      { id: 'training', name: { zh: '培训', en: 'Training' } },
      { id: 'no-answer', name: { zh: '未应答', en: 'No answer' } },
    ],
    dispositions: [
      { id: 'solved', name: { zh: '已解决', en: 'Solved' }, resolved: true },
      { id: 'follow-up', name: { zh: '需跟进', en: 'Follow-up' } },
    ],
    businessTypes: [{ id: 'general', name: { zh: '综合', en: 'General' } }],
    queues: [
      {
        id: 'service',
        name: { zh: answers.queueZh, en: answers.queueEn },
        serviceLevelMs: 20000,
        shortAbandonMs: 5000,
        ringMsMax: 20000,
        afterCallWorkMs: 30000,
        greeting: china ? ['zh/queue'] : ['en/queue'],
        record: recorders.length > 0,
        businessType: 'general',
      },
    ],
    agents: [{ id: answers.agentId, name: answers.agentName.trim(), phone: answers.agentPhone, site: answers.siteId }],
    recorders: recorders.map((recorder) => ({ id: recorder.id, site: answers.siteId, uri: recorder.uri })),
    flows: [
      {
        id: 'main',
        name: { zh: '主流程', en: 'Main' },
        start: 'to-queue',
        nodes: [
          { id: 'to-queue', queue: { queue: 'service', onOverflow: 'goodbye' } },
          { id: 'goodbye', hangup: { prompts: china ? ['zh/goodbye'] : ['en/goodbye'] } },
        ],
      },
      { id: 'echo', name: { zh: '回声测试', en: 'Echo test' }, start: 'echo', nodes: [{ id: 'echo', echo: { limitMs: 60000 } }] },
    ],
  };
}
