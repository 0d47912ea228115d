// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { browserName } from '../src/pages/account/browser';
import { faultOf, jsonKey, sectionKeys, sectionOf } from '../src/pages/admin/sections';
import { itemsOf } from '../src/pages/admin/config';
import { answerFault, beginning, firstConfig } from '../src/pages/setup/beginning';

const answers = { ...beginning('Asia/Shanghai'), centre: 'Test', siteId: 'hq', agentId: 'lin', agentName: 'Lin', edges: ['edge-hq'], trunk: '192.0.2.0/24' };

describe('first steps', () => {
  it('give a configuration whose fields are right and whose references lead somewhere', () => {
    const config = firstConfig(answers, [{ id: 'recording-1', uri: 'sip:srs@127.0.0.1:5080' }]);
    for (const key of sectionKeys)
      for (const item of itemsOf(config, key))
        for (const field of sectionOf(key).fields) {
          const value = item[jsonKey(field)];
          expect(faultOf(field, value, false), `${key}.${field.key}`).toBeUndefined();
          if (field.kind === 'ref' && value && field.of) expect(itemsOf(config, field.of).some((one) => one['id'] === value), `${key}.${field.key}`).toBe(true);
        }
  });
  it('know faults', () => {
    expect(answerFault({ ...answers, agentId: 'Lin' }, 'agentId')).toBe('id');
    expect(answerFault({ ...answers, callerPhone: '1001' }, 'callerPhone')).toBe('same');
    expect(answerFault({ ...answers, number: '10a' }, 'number')).toBe('digits');
    expect(answerFault({ ...answers, trunk: 'carrier' }, 'trunk')).toBe('address');
    expect(answerFault({ ...answers, edges: [] }, 'edges')).toBe('required');
    expect(answerFault(answers, 'published')).toBeUndefined();
  });
});
describe('a browser', () => {
  it('has a name', () => {
    expect(browserName('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0')).toBe('Edge, Windows');
    expect(browserName('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0')).toBe('Firefox, Linux');
    expect(browserName('something')).toBe('something');
  });
});
