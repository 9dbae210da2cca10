export { EntryScreen } from './entry.tsx'
export { ReportScreen } from './report.tsx'
export { TrailScreen } from './trail.tsx'
