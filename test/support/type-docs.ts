// Reads types and their comments from a source file, and writes tables: what a reference page of types is made of. It
// knows interfaces with a comment on each member, and unions of texts.

import { readFileSync } from 'node:fs'
import ts from 'typescript'

export interface Field {
  readonly name: string
  /** As in the source, in one line. */
  readonly type: string
  readonly text: string
  /** `''`: none is said. */
  readonly byDefault: string
}

export class TypeDocs {
  readonly #source: ts.SourceFile

  constructor(file: URL) {
    this.#source = ts.createSourceFile(
      file.pathname,
      readFileSync(file, 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    )
  }

  /** Members of an interface. */
  fields(name: string): Field[] {
    const found = this.#named(name)
    if (!ts.isInterfaceDeclaration(found)) throw new Error(`${name} is no interface`)
    return found.members.map(member => this.#field(member))
  }

  /** Texts of a union, or of a union that is the type of `field`. */
  texts(name: string, field?: string): string[] {
    const found = this.#named(name)
    const type = ts.isTypeAliasDeclaration(found)
      ? found.type
      : found.members.filter(ts.isPropertySignature).find(({ name }) => name.getText() === field)?.type
    if (type === undefined || !ts.isUnionTypeNode(type)) throw new Error(`${name} is no union`)
    return type.types.map(part => part.getText().slice(1, -1))
  }

  #named(name: string): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
    const found = this.#source.statements.find(
      statement =>
        (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
        statement.name.text === name,
    )
    if (found === undefined) throw new Error(`there is no type ${name} in ${this.#source.fileName}`)
    return found as ts.InterfaceDeclaration | ts.TypeAliasDeclaration
  }

  #field(member: ts.TypeElement): Field {
    const name = member.name!.getText()
    const isMethod = ts.isMethodSignature(member)
    const type = isMethod ? member.getText() : ((member as ts.PropertySignature).type?.getText() ?? '')
    return { name, type: type.replace(/\s+/g, ' '), ...commentOf(member) }
  }
}

function commentOf(node: ts.Node): Pick<Field, 'text' | 'byDefault'> {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  const tag = doc?.tags?.find(({ tagName }) => tagName.text === 'default')
  return { text: lineOf(doc?.comment), byDefault: lineOf(tag?.comment) }
}

function lineOf(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim()
}

/** A table in Markdown. Every row has as many cells as `head`. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return `${line(head)}|${head.map(() => '---|').join('')}\n${rows.map(line).join('')}`
}
