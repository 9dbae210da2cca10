export { ContactsScreen } from './contacts.tsx'
export { ListsScreen } from './lists.tsx'
export { MembersScreen } from './members.tsx'
