/** What an instance is made from: an upload by the cloud's id, an image that the cloud has by itself, or nothing. */
export type InstanceImage =
  | { readonly kind: 'diskimage'; readonly externalId: string; readonly configDrive: boolean | null }
  | {
      readonly kind: 'cloud-image';
      readonly idOrName: string;
      readonly byId: boolean;
      readonly configDrive: boolean | null;
    }
  | { readonly kind: 'none' };
