/** One mail, as its reader sees it. */
export interface Message {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface Parts {
  readonly language: string
  readonly subject: string
  readonly before: readonly string[]
  /** The link that the mail is for. */
  readonly action: Link
  readonly after: readonly string[]
  readonly more: Link
  readonly footer: string
}

export interface Link {
  readonly url: string
  readonly label: string
}

// Inline, since some mail programs drop what stands in the head. The colours keep their contrast where a program inverts them.
const FONT = 'font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
const BUTTON =
  'display: inline-block; padding: 12px 20px; border-radius: 8px; background: #2b5fd9; color: #ffffff; font-weight: 600; text-decoration: none'

/** As text and as HTML, with the same words and links in both. */
export function layOut({ language, subject, before, action, after, more, footer }: Parts): Message {
  const paragraphs = (lines: readonly string[]): string[] => lines.map((line) => `<p>${escape(line)}</p>`)
  const html = [
    `<!doctype html><html lang="${escape(language)}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${escape(subject)}</title></head>`,
    `<body style='margin: 0; padding: 24px 16px; ${FONT}'><div style="max-width: 34em; margin: 0 auto; overflow-wrap: anywhere">`,
    ...paragraphs(before),
    `<p style="margin: 24px 0"><a href="${escape(action.url)}" style="${BUTTON}">${escape(action.label)}</a></p>`,
    ...paragraphs(after),
    `<p><a href="${escape(more.url)}">${escape(more.label)}</a></p>`,
    `<hr style="border: 0; border-top: 1px solid #8a8f98; margin: 24px 0"><p style="font-size: 13px">${escape(footer)}</p>`,
    '</div></body></html>',
    '',
  ].join('\n')
  const text = [...before, action.url, ...after, `${more.label}:\n${more.url}`, footer].join('\n\n')
  return { subject, text, html }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
