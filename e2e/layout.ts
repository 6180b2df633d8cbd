import { expect, type Page } from '@playwright/test'

// Losses for a person who enlarges, respaces or recolours a page. Each function names the lost parts.

/** Resolves when nothing on the page moves or fades. A box that turns for ever, as beside a wait, does not count. */
export const waitForAnimations = (page: Page) =>
  page.waitForFunction(() =>
    document.getAnimations().every(({ effect }) => effect?.getComputedTiming().endTime === Infinity),
  )

/** Pixels by which the page is wider than the window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

/** How much of the window has moved by itself, and how far, as the browser measures it. */
export const layoutShift = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        // With `buffered`, the shifts so far are reported at once, before this frame.
        new PerformanceObserver((list) => resolve(sum(list.getEntries()))).observe({
          type: 'layout-shift',
          buffered: true,
        })
        const sum = (entries: (PerformanceEntry & { value?: number; hadRecentInput?: boolean })[]) =>
          entries.reduce((all, { value, hadRecentInput }) => all + (hadRecentInput ? 0 : (value ?? 0)), 0)
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)))
      }),
  )

/** In pixels. */
export const heightOfHeader = (page: Page): Promise<number> =>
  page.getByRole('banner').evaluate((header) => header.getBoundingClientRect().height)

/** The controls that a person cannot press, even after scrolling to them, because something covers them. */
export const outOfReach = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const controls = [...document.querySelectorAll('a, button, input, select')].filter((control) =>
      control.checkVisibility({ visibilityProperty: true, opacityProperty: true }),
    )
    if (controls.length === 0) return ['There is nothing to press']
    return controls
      .filter((control) => !control.matches('[href="#main"]')) // shown with the focus
      .filter((control) => {
        control.scrollIntoView({ block: 'nearest', behavior: 'instant' })
        const [{ left, top, width, height } = new DOMRect()] = control.getClientRects() // a link may go on in the next line
        return !control.contains(document.elementFromPoint(left + width / 2, top + height / 2))
      })
      .map((control) => control.outerHTML)
  })

/**
 * The controls that are smaller than a finger, 44 by 44 pixels. A link within a text may be smaller, and one to a field with a mistake:
 * the field itself is large enough. A control in a label is as large as that.
 */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('a, button, input, select, summary')]
      .filter((control) => control.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .filter(
        (control) =>
          getComputedStyle(control).display !== 'inline' && !control.matches('[href="#main"], [role=alert] a'),
      )
      .filter((control) => {
        const { width, height } = (control.closest('label') ?? control).getBoundingClientRect()
        return width < 43.5 || height < 43.5
      })
      .map((control) => control.outerHTML),
  )

/** Everything can be pressed with a finger, on a phone. */
export async function expectPressable(page: Page, name: string): Promise<void> {
  expect(await smallTargets(page), `${name} must be easy to press`).toEqual([])
  expect(await outOfReach(page), `${name} must leave nothing out of reach`).toEqual([])
}

/** Text that is cut off, sticks out of the window, or lies on other text. An ellipsis with a title is meant: another page has all. */
const lostText = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isForEyes = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
      element.closest('.sr-only') === null
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts: { words: string; parent: Element; boxes: DOMRect[] }[] = []
    while (walker.nextNode()) {
      const { currentNode: node } = walker
      const words = node.textContent?.trim() ?? ''
      const parent = node.parentElement
      if (words === '' || parent === null || !isForEyes(parent) || parent.closest('select, noscript, script') !== null)
        continue
      const range = document.createRange()
      range.selectNodeContents(node)
      texts.push({
        words: words.slice(0, 60),
        parent,
        boxes: [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1),
      })
    }
    const cut = texts.filter(({ parent, boxes }) => {
      for (let frame: Element | null = parent; frame !== null && frame !== document.body; frame = frame.parentElement) {
        const style = getComputedStyle(frame)
        if (style.overflow === 'visible') continue
        if (style.textOverflow === 'ellipsis' && frame.hasAttribute('title')) return false
        const { left, right, top, bottom } = frame.getBoundingClientRect()
        if (
          boxes.some(
            (box) => box.left < left - 1 || box.right > right + 1 || box.top < top - 4 || box.bottom > bottom + 4,
          )
        )
          return true
      }
      return boxes.some((box) => box.right > document.documentElement.clientWidth + 1)
    })
    // Lines of the letters' own height: boxes of one line may touch those of the next.
    const core = ({ left, right, top, bottom }: DOMRect) => ({
      left: left + 1,
      right: right - 1,
      top: top + (bottom - top) * 0.3,
      bottom: bottom - (bottom - top) * 0.3,
    })
    const meets = (one: DOMRect, two: DOMRect): boolean => {
      const [a, b] = [core(one), core(two)]
      return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
    }
    const isAbove = (element: Element): boolean => element.closest('[role=log], .choice-bar') !== null // they lie over the page on purpose
    const covered = texts.filter(({ parent, boxes }, at) =>
      texts.some(
        (other, otherAt) =>
          otherAt > at &&
          isAbove(parent) === isAbove(other.parent) &&
          boxes.some((box) => other.boxes.some((otherBox) => meets(box, otherBox))),
      ),
    )
    return [...cut.map(({ words }) => `cut off: ${words}`), ...covered.map(({ words }) => `covered: ${words}`)]
  })

/**
 * Forced colours remove backgrounds. A border distinguishes a button from a text, and a line marks the page in a navigation. The
 * main button is filled.
 */
const lostBorders = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const canvas = getComputedStyle(document.body).backgroundColor
    const isSeen = (width: string, colour: string, style: string): boolean =>
      Number.parseFloat(width) >= 1 && style !== 'none' && colour !== canvas && !/^rgba.* 0\)$/.test(colour)
    const buttons = [
      ...document.querySelectorAll<HTMLElement>('button, input:not([type=checkbox], [hidden]), select'),
    ].filter((button) => button.checkVisibility() && (button.matches('input') || button.innerText.trim() !== ''))
    const isFilled = (button: Element): boolean =>
      ![canvas, 'rgba(0, 0, 0, 0)'].includes(getComputedStyle(button).backgroundColor)
    const links = [...document.querySelectorAll('nav a')]
    const isLined = (element: Element): boolean => {
      const { borderBottomWidth, borderBottomColor, borderBottomStyle } = getComputedStyle(element)
      return isSeen(borderBottomWidth, borderBottomColor, borderBottomStyle)
    }
    const wrong = [...document.querySelectorAll('input[aria-invalid=true]')]
    return [
      ...wrong
        .filter((field) => Number.parseFloat(getComputedStyle(field).borderTopWidth) < 3)
        .map((field) => `looks right: ${field.outerHTML.slice(0, 120)}`),
      ...[...document.querySelectorAll('.border-danger-line')]
        .filter((box) => getComputedStyle(box).outlineStyle === 'none')
        .map((box) => `looks harmless: ${box.outerHTML.slice(0, 120)}`),
      ...buttons
        .filter((button) => !button.matches('footer select') && !isLined(button))
        .map((button) => `without a border: ${button.outerHTML.slice(0, 120)}`),
      ...buttons
        .filter((button) => button.matches('button') && isFilled(button) !== button.matches('.bg-accent, .bg-danger'))
        .map((button) => `wrongly filled: ${button.outerHTML.slice(0, 120)}`),
      ...links
        .filter((link) => isLined(link) !== (link.getAttribute('aria-current') === 'page'))
        .map((link) => `wrongly lined: ${link.textContent}`),
    ]
  })

/** Styles of the reader's own; a policy against styles in the page does not concern them. */
async function withStyle(page: Page, css: string, work: () => Promise<void>): Promise<void> {
  const setStyle = (text: string) =>
    page.evaluate((rules) => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(rules)
      document.adoptedStyleSheets = [sheet]
    }, text)
  await setStyle(css)
  await work()
  await setStyle('')
}

/** WCAG 1.4.12. */
const SPACINGS =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }'

/** Nothing may be lost at 400 % of a window of 1280 by 1024, with text of twice the size, wider spacings or forced colours. */
export async function expectNothingLost(page: Page, name: string): Promise<void> {
  await waitForAnimations(page)
  const viewport = page.viewportSize() ?? { width: 360, height: 740 }
  await page.setViewportSize({ width: 320, height: 256 })
  expect(await overflow(page), `${name} at 400 % must not scroll sideways`).toBeLessThanOrEqual(0)
  expect(await lostText(page), `${name} at 400 %`).toEqual([])

  await page.setViewportSize({ width: 360, height: 740 })
  expect(await lostText(page), `${name} on a phone`).toEqual([])
  for (const [what, css] of [
    ['spacings', SPACINGS],
    ['twice the text', 'html { font-size: 200% !important }'],
  ] as const) {
    await withStyle(page, css, async () => {
      expect(await overflow(page), `${name} with ${what} must not scroll sideways`).toBeLessThanOrEqual(0)
      expect(await lostText(page), `${name} with ${what}`).toEqual([])
    })
  }
  await page.emulateMedia({ forcedColors: 'active' })
  await expect.poll(() => lostBorders(page), `${name} in forced colours`).toEqual([]) // the colours come a moment later
  await page.emulateMedia({ forcedColors: 'none' })
  await page.setViewportSize(viewport)
}
