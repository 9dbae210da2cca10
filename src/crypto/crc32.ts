/** Returns the CRC-32 of ASCII text, as in gzip (RFC 1952, section 8). For short texts: it keeps no table. */
export function crc32(text: string): number {
  let rest = 0xffffffff
  for (let i = 0; i < text.length; i++) {
    rest ^= text.charCodeAt(i)
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
  }
  return ~rest >>> 0
}
