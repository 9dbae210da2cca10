// What `side-channel` gives to qs, from what every engine has today. The package brings its own for engines without
// WeakMap, and error texts made with object-inspect: a tenth of the whole Worker. wrangler.toml puts this in its place.
module.exports = function getSideChannel() {
  const values = new WeakMap()
  return {
    assert(key) {
      if (!values.has(key)) throw new TypeError('Side channel does not contain the given key')
    },
    delete: (key) => values.delete(key),
    get: (key) => values.get(key),
    has: (key) => values.has(key),
    set: (key, value) => {
      values.set(key, value)
    },
  }
}
