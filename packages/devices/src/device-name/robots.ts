import type { Marks } from './marks.js'

/**
 * Marks of robots and monitors. Such a mark is a word that ends in "bot", "crawler" or "spider", or the name of a tool. Others are
 * the address of a page or a person that explains the robot, and `compatible` before any name but that of an old browser. Phones
 * are called "Cubot" or "M bot 54", and apps on Apple's systems "Tweetbot". Toolbars left an address without a plus.
 */
export const robots: Marks = [
  /^(?!.*CFNetwork).*(?<![Cc]u)(?:[bB]ot|[cC]rawler|[sS]pider|[sS]craper)(?=[/;),@]|$| \()/,
  /^(?!.*(?:[Aa]ndroid|iOS|iPhone|iPad|CFNetwork)).*(?:[bB]ot|[cC]rawler|[sS]pider|[sS]craper)(?![a-z])/,
  /^(?!.*(?:[Aa]ndroid|i[oO][sS]|iPhone|iPad|Watch)).*\+ ?https?:\/\//,
  /^(?!Mozilla|Opera|.*(?:[Aa]ndroid|i[oO][sS]|iPhone|iPad|Watch|Windows|[mM]ac|Darwin|Linux|X11|TV)).*https?:\/\//,
  /compatible;[^)]*\+ ?https?:\/\/|(?:Safari|Firefox)\/[\d.]+;? \(?\+?https?:\/\/|; [A-Z]\w+-User\//,
  /^Mozilla\/5.*compatible; (?!MSIE|Konqueror|U;|IBrowse|ANTGalio)[A-Za-z][\w.-]*\/v?\d/,
  /(?:^|[ (;:+])[\w.]+@[A-Za-z][\w-]*\.[a-z]{2}/,
  /^(?!.*CFNetwork).*(?:[mM]onitor|[cC]hecker|[uU]ptime)(?![A-Za-z])/,
  // Apps for documents are called so too.
  /^(?!.*(?:Android|iPhone|iPad|iOS|CFNetwork)).*[sS]can(?:ner)?(?![A-Za-z])/,
  // Browsers say nothing but "like Gecko" there.
  /\(KHTML, like Gecko;? (?!Safari|[Gg]oogle ?[Ww])[a-zA-Z]/,
  // A site by its bare name. Toolbars and apps of the desktop do that too.
  /^Mozilla\/[5-9](?!.*(?:MSIE|Trident|Toolbar|Electron|Android|iPhone|iPad|iOS|CFNetwork)).*[ (;,+](?:www\.)?[A-Za-z\d-]+\.(?:com|org|io|co|ai|dev|eu)(?=[/;), ]|$)/,
  /[pP]ingdom|[sS]ynthetic|Catchpoint|(?<!%20)[pP]review(?:\/|\)|$)|Favicon|ImageProxy|Nutch|[vV]alidator/,
  /Chrome-Lighthouse|Google Page Speed|PageSpeed|Google Search Console|Web Preview|GTmetrix|PTST\/|WebPageTest/,
  /Siteimprove|DareBoost|DejaClick|Silktide|GomezAgent|ThousandEyes|Rigor\)|CloudflareObservatory|DMBrowser|wkhtmlto| [sS]plash[ /]|Neustar WPM|Agent-[A-Z]|ips-agent/,
  /StatusCake|Site24x7|Uptimia|Ghost Inspector|Checkly|NewRelic|Nagios|check_http|Zabbix|BetterStack|Better Stack/,
  /kube-probe\/|Prometheus\/|Blackbox Exporter|GoogleHC\/|zgrab|Nmap |masscan/,
  /PhantomJS|SlimerJS|Playwright|Puppeteer|Selenium|WebDriver|Cypress|jsdom\/|Prerender|HeadlessFirefox|HeadlessEdg/,
  /facebookexternalhit|Google-[A-Z]|GoogleOther|-Google\/|Mediapartners-Google|Slurp|WordPress\//,
]
