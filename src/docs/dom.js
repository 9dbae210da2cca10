/**
 * Creates an element. Text never becomes markup, whatever the document contains.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | boolean | undefined>} [attributes] false and undefined leave one out
 * @param {...(Node | string | undefined)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/**
 * Returns a field with its label and a hint.
 * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control its id ties them together
 * @param {string} label
 * @param {Node} [hint]
 */
export function field(control, label, hint) {
  const about = hint && element('div', { class: 'hint', id: `${control.id}-hint` }, hint)
  if (about) control.setAttribute('aria-describedby', about.id)
  return element('div', { class: 'field' }, element('label', { for: control.id }, label), control, about)
}

/**
 * Returns a block of code that scrolls, with the keyboard too, if it is wider than the page.
 * @param {string} text
 * @param {string} label
 */
export const codeBlock = (text, label) =>
  element('pre', { tabindex: '0', role: 'group', 'aria-label': label }, element('code', {}, text))
