/** google.cloud.location.Locations: where Cloud Run and Cloud Functions are. Source: https://cloud.google.com/run/docs/locations (some of them). */
import { Status } from './status.ts';

export const REGIONS = ['europe-west1', 'europe-west3', 'europe-west4', 'europe-north1', 'us-central1', 'us-east1', 'us-west1', 'asia-east1', 'asia-northeast1'];

export const locations = {
  ListLocations: ({ name }: { name: string }) => ({ locations: REGIONS.map((region) => seen(name, region)) }),
  GetLocation: ({ name }: { name: string }) => {
    const [project, region = ''] = name.split('/locations/');
    if (!REGIONS.includes(region)) throw new Status('NOT_FOUND', `Location ${name} is not found.`);
    return seen(project as string, region);
  },
};

function seen(project: string, region: string): object {
  return { name: `${project}/locations/${region}`, locationId: region, displayName: region };
}
