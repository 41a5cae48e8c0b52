// Parts that document and status packages share.
import type { DocumentReference, Party, StaffInfo } from '../domain/document-package.ts'
import { present, type WireObject } from './wire-object.ts'

export function decodeParty(organization: WireObject): Party {
  return present({
    organId: organization.text('OrganId') ?? '',
    organName: organization.text('OrganName'),
    organizationInCharge: organization.text('OrganizationInCharge'),
    organAdd: organization.text('OrganAdd'),
    email: organization.text('Email'),
    telephone: organization.text('Telephone'),
    fax: organization.text('Fax'),
    website: organization.text('Website'),
  })
}

export function decodeReference(responseFor: WireObject): DocumentReference {
  return present({
    organId: responseFor.text('OrganId'),
    code: responseFor.text('Code'),
    promulgationDate: responseFor.text('PromulgationDate'),
    documentId: responseFor.text('DocumentId'),
  })
}

export function decodeStaff(around: WireObject): StaffInfo | undefined {
  if (!around.has('StaffInfo')) return undefined
  const staff = around.group('StaffInfo')
  return present({
    department: staff.text('Department'),
    departmentId: staff.text('DepartmentId'),
    staff: staff.text('Staff'),
    staffId: staff.text('StaffId'),
    mobile: staff.text('Mobile'),
    email: staff.text('Email'),
  })
}
