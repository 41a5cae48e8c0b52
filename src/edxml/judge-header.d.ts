import type { HeaderJudgement, SchemaFault, SchemaName } from './schema-check.ts'

export function judgeHeader(schema: SchemaName, xml: string): HeaderJudgement
export function schemaFaults(schema: SchemaName, xml: string): SchemaFault[]
