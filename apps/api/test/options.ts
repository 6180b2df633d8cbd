import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-api' // the compiler, native since version 7, has no interface for programs yet

const packages = fileURLToPath(new URL('../../../packages', import.meta.url))
const sources = readdirSync(packages)
  .map((name) => join(packages, name, 'src'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
  .filter((file) => /\.tsx?$/.test(file))

interface Option {
  readonly name: string
  readonly isOptional: boolean
  readonly type: string
  readonly meaning: string
}

/**
 * Reads the members of an exported interface of a package, with their comments.
 *
 * @throws {Error} when no package has it, a member has no comment, or an optional one names no default.
 */
export function optionsOf(interfaceName: string): Option[] {
  for (const file of sources) {
    const text = readFileSync(file, 'utf8')
    if (!text.includes(`interface ${interfaceName}`)) continue
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
    const found = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === interfaceName)
    if (found !== undefined) return found.members.filter(ts.isPropertySignature).map(optionOf)
  }
  throw new Error(`No package has an interface ${interfaceName}`)
}

function optionOf(member: ts.PropertySignature): Option {
  const name = member.name.getText()
  const comment = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc)?.comment
  const meaning = ts
    .getTextOfJSDocComment(comment)
    ?.replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link ([\w.]+)\}/g, '`$1`')
  const isOptional = member.questionToken !== undefined
  if (meaning === undefined) throw new Error(`${name} has no comment`)
  if (isOptional && !meaning.includes('Default: ')) throw new Error(`The comment of ${name} names no default`)
  return { name, isOptional, type: member.type?.getText().replaceAll(/\s+/g, ' ') ?? '', meaning }
}
