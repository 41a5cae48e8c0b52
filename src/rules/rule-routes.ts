// The rules as operators keep them: look, change for the province or one agency, take back, and try a document.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AgencyId } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import type { Finding } from '../domain/document-package.ts'
import { GatewayError, type Violation } from '../domain/errors.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import type { RuleChange } from '../generated/json/rule-change.ts'
import type { RuleCheckInput } from '../generated/json/rule-check-input.ts'
import type { RuleCheckResult } from '../generated/json/rule-check-result.ts'
import type { RuleDetailQuery } from '../generated/json/rule-detail-query.ts'
import type { RuleList } from '../generated/json/rule-list.ts'
import type { RulePath } from '../generated/json/rule-path.ts'
import type { RuleQuery } from '../generated/json/rule-query.ts'
import type { RuleRecord } from '../generated/json/rule-record.ts'
import type { RuleRemovalQuery } from '../generated/json/rule-removal-query.ts'
import { type Guards, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type ChangeRuleDeps, changeRule, removeRuleChange, ruleOf } from './change-rules.ts'
import { checkPackage, refusalOf } from './check-package.ts'
import { recipientFacts } from './closed-recipients.ts'
import { rulesInForce } from './policy.ts'
import { type RuleTexts, ruleHistory, ruleRecords, type ViewContext } from './rule-views.ts'
import { trialDocument } from './trial-document.ts'

export interface RuleRouteDeps extends ChangeRuleDeps {
  /** The directory as it is now. */
  readonly directory: () => Promise<Directory>
  readonly texts: RuleTexts
  /** Vietnamese unless English is asked for first. */
  readonly languageOf: (acceptLanguage: string | undefined) => keyof BilingualText
  readonly findingText: (finding: Finding, acceptLanguage: string | undefined) => string
}

const shared = { tags: ['Rules'], security: [{ operator: [] }] }
const path = '/api/v1/admin/rules'

export function ruleRoutes(deps: RuleRouteDeps): Routes {
  return (app, guards) => {
    addReading(app, guards, deps)
    addChanging(app, guards, deps)
    addTrial(app, guards, deps)
  }
}

function addReading(app: FastifyInstance, guards: Guards, deps: RuleRouteDeps): void {
  app.get<{ Querystring: RuleQuery }>(
    path,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Lists all rules about packages as they are in force today',
        querystring: schemaRef('rule-query'),
        response: { 200: schemaRef('rule-list'), ...problems(400, 401, 404, 503) },
      },
    },
    async (request): Promise<RuleList> => {
      const { version, context } = await viewOf(deps, request, request.query.organId)
      return { version, day: context.scope.day, items: ruleRecords(context) }
    },
  )

  app.get<{ Params: RulePath; Querystring: RuleDetailQuery }>(
    `${path}/:ruleId`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Shows one rule, with its history if asked for',
        params: schemaRef('rule-path'),
        querystring: schemaRef('rule-detail-query'),
        response: { 200: schemaRef('rule-record'), ...problems(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const { organId, history = false } = request.query
      return await recordOf(deps, request, {
        ...request.params,
        history,
        ...(organId === undefined ? {} : { organId }),
      })
    },
  )
}

function addChanging(app: FastifyInstance, guards: Guards, deps: RuleRouteDeps): void {
  app.put<{ Body: RuleChange; Params: RulePath }>(
    `${path}/:ruleId`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Changes how strictly a rule is applied, or its parameters, in the province or one agency',
        description:
          'The newest change that is valid on a day counts, an agency before the province. Packages that were accepted before keep their findings.',
        params: schemaRef('rule-path'),
        body: schemaRef('rule-change'),
        response: { 200: schemaRef('rule-record'), ...problems(400, 401, 404, 422, 503) },
      },
    },
    async (request) => {
      const { organId, ...change } = request.body
      await changeRule(deps, await targetOf(deps, request, organId), change)
      return await recordOf(deps, request, { ...request.params, ...(organId === undefined ? {} : { organId }) })
    },
  )

  app.delete<{ Params: RulePath; Querystring: RuleRemovalQuery }>(
    `${path}/:ruleId`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Takes back what was changed of a rule in the province or one agency',
        params: schemaRef('rule-path'),
        querystring: schemaRef('rule-removal-query'),
        response: { 200: schemaRef('rule-record'), ...problems(400, 401, 404, 422, 503) },
      },
    },
    async (request) => {
      const { organId, reason } = request.query
      await removeRuleChange(deps, await targetOf(deps, request, organId), reason)
      return await recordOf(deps, request, { ...request.params, ...(organId === undefined ? {} : { organId }) })
    },
  )
}

function addTrial(app: FastifyInstance, guards: Guards, deps: RuleRouteDeps): void {
  app.post<{ Body: RuleCheckInput }>(
    `${path}/check`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Tries the fields of a document on the rules; nothing is stored',
        body: schemaRef('rule-check-input'),
        response: { 200: schemaRef('rule-check-result'), ...problems(400, 401, 404, 422, 503) },
      },
    },
    async (request) => await tryDocument(deps, request, request.body),
  )
}

async function tryDocument(
  deps: RuleRouteDeps,
  request: FastifyRequest,
  input: RuleCheckInput,
): Promise<RuleCheckResult> {
  const { context } = await viewOf(deps, request, input.organId)
  const { book, directory, overrides } = context
  const scope = { ...context.scope, ...(input.day === undefined ? {} : { day: input.day }) }
  const policy = await deps.policies.policyFor(scope)
  const document = trialDocument(input, rulesInForce(book, overrides, scope).parameters)
  const sender = scope.agencyId === undefined ? undefined : directory.agencies.get(scope.agencyId)
  const judgement = checkPackage(
    {
      document,
      day: scope.day,
      size: input.size ?? 0,
      fromCodes: sender?.codes.map(({ code }) => code) ?? [],
      recipients: document.to.map(({ organId }) => recipientFacts(organId, directory, scope.day)),
      ...(input.declaration === undefined ? {} : { declaration: input.declaration }),
    },
    policy,
  )
  const language = request.headers['accept-language']
  const refusals = refusalOf(judgement)?.facts.violations ?? []
  return {
    version: policy.version,
    wouldBeRefused: judgement.refusals.length > 0,
    refusals: refusals.map((violation) => violationView(violation, deps, language)),
    findings: judgement.findings.map((finding) => findingView(finding, deps, language)),
  }
}

function violationView(violation: Violation, { texts, languageOf }: RuleRouteDeps, language: string | undefined) {
  return { ...violation, message: texts(violation.rule, languageOf(language)).title }
}

function findingView(finding: Finding, { findingText }: RuleRouteDeps, language: string | undefined) {
  const { code, severity, path: at } = finding
  return { code, severity, message: findingText(finding, language), ...(at === undefined ? {} : { path: at }) }
}

async function viewOf(
  { book, policies, directory: current, clock, texts, languageOf }: RuleRouteDeps,
  request: FastifyRequest,
  organId: string | undefined,
): Promise<{ version: number; context: ViewContext }> {
  const directory = await current()
  const day = vietnamDay(clock.now())
  const agencyId = organId === undefined ? undefined : agencyOf(directory, organId, day)
  const { version, overrides } = await policies.overrides()
  const scope = agencyId === undefined ? { day } : { agencyId, day }
  const language = languageOf(request.headers['accept-language'])
  return { version, context: { book, overrides, scope, directory, texts, language } }
}

async function recordOf(
  deps: RuleRouteDeps,
  request: FastifyRequest,
  { ruleId, organId, history = false }: { ruleId: string; organId?: string; history?: boolean },
): Promise<RuleRecord> {
  const rule = ruleOf(deps.book, ruleId)
  const { context } = await viewOf(deps, request, organId)
  const record = ruleRecords(context).find((candidate) => candidate.ruleId === rule.ruleId)
  if (record === undefined) throw new Error(`the rule ${ruleId} is not in force`)
  return history ? { ...record, history: ruleHistory(rule.ruleId, context) } : record
}

async function targetOf(deps: RuleRouteDeps, request: FastifyRequest<{ Params: RulePath }>, organId?: string) {
  const directory = await deps.directory()
  const day = vietnamDay(deps.clock.now())
  const scope = organId === undefined ? {} : { agencyId: agencyOf(directory, organId, day) }
  return { actor: operatorOf(request).name, ruleId: request.params.ruleId, ...scope }
}

function agencyOf(directory: Directory, organId: string, day: string): AgencyId {
  const agency = directory.findByCode(organId, day)
  if (agency !== undefined) return agency.agencyId
  throw new GatewayError('not_found', 'agency_not_found', { params: { code: organId.slice(0, 100) } })
}
