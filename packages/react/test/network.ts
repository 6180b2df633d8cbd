/** The other end of the client; a test puts its server here. */
export const network: { answer: (request: Request) => Promise<Response> } = {
  answer: ({ url }) => Promise.reject(new TypeError(`no server for ${url}`)),
}
