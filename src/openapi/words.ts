import { INTRODUCTION } from './introduction.ts'

export const INFO = {
  title: 'Steward',
  version: '1.0.0',
  summary:
    'The admin plane of a multi-tenant API: staff accounts, admin API keys, and audited action for customers.',
  description: INTRODUCTION,
  contact: { name: 'The people who run this deployment' },
  license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
}
