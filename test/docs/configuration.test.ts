// src/config.ts says which variables there are; the page about them and the example file must say the same.
import { describe, expect, it } from 'vitest'
import { readConfig, variables } from '../../src/config.ts'
import { read } from './documentation.ts'

const names = variables.map((variable) => variable.name)

describe('docs/configuration.md', () => {
  /** One row a variable: name, default, unit, meaning, example. */
  const rows = new Map(
    [...read('docs/configuration.md').matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|(.+)\|$/gm)].map(
      ([, name = '', rest = '']) => [name, rest.split('|').map((cell) => cell.trim())],
    ),
  )

  it('has a row for every variable, in the order of the program, and none besides', () => {
    expect([...rows.keys()]).toEqual(names)
  })

  it('names the default of each, and its unit', () => {
    for (const { name, defaultText, unit } of variables) {
      const [shown, shownUnit] = rows.get(name) ?? []
      expect.soft(shown?.replaceAll('`', ''), name).toBe(defaultText)
      expect.soft(shownUnit, name).toBe(unit ?? '–')
    }
  })

  it('gives an example of each that the program takes', () => {
    // What a shell would put there.
    const asShell = (text: string) => text.replaceAll('`', '').replace('$(openssl rand -hex 32)', '0'.repeat(64))
    const examples = names.map((name) => [name, asShell(rows.get(name)?.[3] ?? '')] as const)

    for (const [name, example] of examples) expect.soft(example, name).not.toBe('')
    expect(() => readConfig(Object.fromEntries(examples))).not.toThrow()
  })
})

describe('.env.example', () => {
  const lines = read('.env.example').split('\n')

  it('lists every variable, commented out, and none besides', () => {
    expect(lines.flatMap((line) => /^#([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? [])).toEqual(names)
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
  })

  it('holds values that the program takes, and no secret', () => {
    const values = Object.fromEntries(
      lines.flatMap((line) => {
        const [, name, value] = /^#([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
        return name === undefined || value === undefined ? [] : [[name, value]]
      }),
    )

    for (const { name } of variables.filter((v) => v.isSecret === true)) expect.soft(values[name], name).toBe('')
    expect(() => readConfig(values)).not.toThrow()
  })
})
