// HubSpot dates its interfaces: a new one each March and September, supported for eighteen months
// (https://developers.hubspot.com/docs/developer-tooling/platform/versioning, read 2026-11-20). Each resource has its own here,
// so that one of them can go ahead.

/** Which version of each resource is asked for. `/oauth/v1/token` stops on 2027-02-16; ours is not it. */
export const versions = {
  objects: '2026-09',
  owners: '2026-09',
  pipelines: '2026-09',
  associations: '2026-09',
  properties: '2026-09',
  accountInfo: 'v3',
  oauth: '2026-09',
} as const

/** Until when a version is supported; v3 of the account's details has no announced end. */
export const supportedUntil: Record<string, string | null> = { '2026-09': '2028-03-31', v3: null }

export const paths = {
  list: (type: string) => `/crm/objects/${versions.objects}/${type}`,
  record: (type: string, id: string) => `/crm/objects/${versions.objects}/${type}/${id}`,
  batch: (type: string) => `/crm/objects/${versions.objects}/${type}/batch/read`,
  search: (type: string) => `/crm/objects/${versions.objects}/${type}/search`,
  read: (type: string, areArchived: boolean) =>
    `/crm/objects/${versions.objects}/${type}/batch/read?archived=${areArchived}`,
  associations: (from: string, to: string) =>
    `/crm/associations/${versions.associations}/${from}/${to}/batch/read`,
  owners: `/crm/owners/${versions.owners}`,
  pipelines: (type: string) => `/crm/pipelines/${versions.pipelines}/${type}`,
  properties: (type: string) => `/crm/properties/${versions.properties}/${type}`,
  account: `/account-info/${versions.accountInfo}/details`,
  token: `/oauth/${versions.oauth}/token`,
}
