/** The folders of programs. The processes of a drill get nothing else of this environment. */
export const programPath = process.env['PATH'] ?? ''
