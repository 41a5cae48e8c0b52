// What the registry's routes say of themselves in the same words.

/** Names of the security schemes in openapi.yaml. */
export const systemSecurity = [{ bearer: [] }, { basic: [] }]
export const operatorSecurity = [{ operator: [] }]

export const agenciesTag = 'Agencies'
export const systemsTag = 'Systems'
export const accessTag = 'Access'
