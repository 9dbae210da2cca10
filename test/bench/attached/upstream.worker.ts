/** What an attached API is in the benchmark: an answer, and nothing that takes time. */
export default { fetch: () => Response.json({ orders: [{ item: 'tea' }] }) }
