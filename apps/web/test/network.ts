/** The other end of `fetch`; a test puts its server here. */
export const network: { answer: (request: Request) => Promise<Response> } = {
  answer: ({ url }) => Promise.reject(new TypeError(`no server for ${url}`)),
}
