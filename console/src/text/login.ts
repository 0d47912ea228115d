// SPDX-License-Identifier: Apache-2.0
import type { Same } from './table';

const en = {
  title: 'Log in',
  lead: 'to your contact centre',
  login: 'Login name',
  password: 'Password',
  go: 'Log in',
  wrong: 'Login name or password is wrong',
  throttled: 'Too many tries. Wait a minute, then try again.',
  away: 'The server cannot be reached. It is tried again when you press the button.',
  empty: 'Login name and password are needed',
};
const zh: Same<typeof en> = {
  title: '登录',
  lead: '进入您的联络中心',
  login: '登录名',
  password: '密码',
  go: '登录',
  wrong: '登录名或密码不正确',
  throttled: '尝试次数过多，请一分钟后再试。',
  away: '无法连接服务器，请稍后再点登录。',
  empty: '请输入登录名和密码',
};
export const loginText = { en, zh };
