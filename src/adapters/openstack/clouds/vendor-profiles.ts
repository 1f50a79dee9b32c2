/**
 * What is known of clouds that anybody can rent, for `profile:` in `clouds.yaml` (spec BUILDER 6.1). A file `clouds-public.yaml` goes
 * before it. Regions are listed only where the address depends on them or where the vendor has had the same ones for years.
 */
type Profile = Readonly<Record<string, unknown>>;

const DEFAULT_DOMAINS = { user_domain_name: 'Default', project_domain_name: 'Default' } as const;

export const VENDOR_PROFILES: Readonly<Record<string, Profile>> = {
  auro: {
    auth: { auth_url: 'https://api.van2.auro.io:5000/v3', ...DEFAULT_DOMAINS },
    region_name: 'RegionOne',
  },
  binero: { auth: { auth_url: 'https://auth.binero.cloud:5000/v3' }, regions: ['europe-se-1'] },
  catalyst: {
    auth: { auth_url: 'https://api.{region_name}.catalystcloud.io:5000/v3', ...DEFAULT_DOMAINS },
    regions: ['nz-por-1', 'nz-hlz-1'],
    image_format: 'raw',
  },
  citycloud: {
    auth: { auth_url: 'https://{region_name}.citycloud.com:5000/v3' },
    regions: ['Buf1', 'Fra1', 'Sto2', 'Kna1', 'dx1', 'tky1'],
    image_format: 'raw',
  },
  cleura: {
    auth: { auth_url: 'https://{region_name}.citycloud.com:5000/v3' },
    image_format: 'raw',
  },
  dreamcompute: {
    auth: { auth_url: 'https://iad2.dream.io:5000' },
    identity_api_version: '3',
    region_name: 'RegionOne',
    image_format: 'raw',
  },
  elastx: { auth: { auth_url: 'https://ops.elastx.cloud:5000/v3' }, region_name: 'se-sto' },
  entercloudsuite: {
    auth: { auth_url: 'https://api.entercloudsuite.com' },
    identity_api_version: '3',
    regions: ['it-mil1', 'nl-ams1', 'de-fra1'],
  },
  fuga: { auth: { auth_url: 'https://core.fuga.cloud:5000/v3' } },
  infomaniak: {
    auth: { auth_url: 'https://api.pub1.infomaniak.cloud/identity/v3', ...DEFAULT_DOMAINS },
    regions: [
      'dc3-a',
      { name: 'dc4-a', values: { auth: { auth_url: 'https://api.pub2.infomaniak.cloud/identity/v3' } } },
    ],
  },
  limestonenetworks: {
    auth: { auth_url: 'https://auth.cloud.lstn.net:5000/v3' },
    regions: ['us-dfw-1', 'us-slc'],
    image_format: 'raw',
    networks: [
      { name: 'Public Internet', routes_externally: true, default_interface: true, nat_source: true },
      { name: 'Private Network (10.0.0.0/8 only)', routes_externally: false },
      { name: 'Private Network (Floating Public)', routes_externally: false, nat_destination: true },
    ],
  },
  otc: { auth: { auth_url: 'https://iam.{region_name}.otc.t-systems.com/v3' }, regions: ['eu-de', 'eu-nl'] },
  'otc-swiss': { auth: { auth_url: 'https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3' }, regions: ['eu-ch2'] },
  ovh: {
    auth: { auth_url: 'https://auth.cloud.ovh.net/v3', ...DEFAULT_DOMAINS },
    floating_ip_source: 'None',
  },
  'ovh-us': {
    auth: { auth_url: 'https://auth.cloud.ovh.us/v3', ...DEFAULT_DOMAINS },
    floating_ip_source: 'None',
  },
  'pluscloud-open': { auth: { auth_url: 'https://{region_name}.api.pco.get-cloud.io:5000/v3' }, image_format: 'raw' },
  rackspace: {
    auth: { auth_url: 'https://identity.api.rackspacecloud.com/v2.0' },
    regions: ['DFW', 'HKG', 'IAD', 'ORD', 'SYD', 'LON'],
    compute_service_name: 'cloudServersOpenStack',
    block_storage_endpoint_override: 'https://{region_name}.blockstorage.api.rackspacecloud.com/v2/%(project_id)s',
    image_api_use_tasks: true,
    image_format: 'vhd',
    floating_ip_source: 'None',
    secgroup_source: 'None',
    disable_vendor_agent: { vm_mode: 'hvm', xenapi_use_agent: 'False' },
    has_network: false,
  },
  'rackspace-flex': {
    auth: {
      auth_url: 'https://keystone.api.{region_name}.rackspacecloud.com/v3',
      user_domain_name: 'rackspace_cloud_domain',
      project_domain_name: 'rackspace_cloud_domain',
    },
    regions: ['SJC3', 'DFW3', 'IAD3'],
  },
  switchcloud: {
    auth: { auth_url: 'https://identity.compute.cloud.switch.ch/v3' },
    regions: ['zhw', 'zhc'],
    image_format: 'raw',
  },
  switchengines: {
    auth: { auth_url: 'https://keystone.cloud.switch.ch:5000/v3' },
    regions: ['LS', 'ZH'],
    image_format: 'raw',
  },
  vexxhost: {
    auth: { auth_url: 'https://auth.vexxhost.net/v3', ...DEFAULT_DOMAINS },
    regions: ['ca-ymq-1', 'sjc1', 'ams1'],
  },
  zetta: { auth: { auth_url: 'https://identity.api.zetta.io/v3' }, regions: ['no-osl1'] },
};

/** Vendors whose profiles configurations still name. */
export const CLOSED_VENDORS: readonly string[] = [
  'betacloud',
  'bluebox',
  'ibmcloud',
  'internap',
  'ultimum',
  'unitedstack',
];
