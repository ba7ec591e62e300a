// How the map looks: wards from our own vector tiles in the teal ramp, and when zoomed in the reports as status shapes.
import type { ExpressionSpecification, StyleSpecification } from 'maplibre-gl';
import { lookOf, SHAPES, STATUSES_ON_MAP } from '../icons';
import { rampSteps } from '../heat';

export const REPORTS_FROM = 10.5; // zoom at which single reports appear
export const NAMES_FROM = 9.5; // and at which every ward has room for its name

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const tiles = (layer: string): string => `${location.origin}/tiles/${layer}/{z}/{x}/{y}.mvt`;

const WARD: ExpressionSpecification = ['==', ['get', 'layer'], 'ward'];
const PROVINCE: ExpressionSpecification = ['==', ['get', 'layer'], 'province'];
const HIDDEN = { visibility: 'none' as const };
/** Layers of which the map shows either the first or the others. */
export const OUTLINES = ['rim', 'province', 'province-line'] as const;
const POINTED: ExpressionSpecification = ['boolean', ['feature-state', 'pointed'], false];

/** Colour of a ward by its count of open reports, kept as the feature's state. */
export function heat(bounds: readonly number[]): ExpressionSpecification | string {
  const ramp = rampSteps(bounds.length);
  if (!ramp.length) return colour('--heat-0');
  const stops = ramp.flatMap((step, index) => [index ? (bounds[index - 1] ?? 0) + 1 : 1, colour(`--heat-${step}`)]);
  return ['step', ['coalesce', ['feature-state', 'open'], 0], colour('--heat-0'), ...stops] as unknown as ExpressionSpecification;
}

export function mapStyle(bounds: readonly number[]): StyleSpecification {
  return {
    version: 8,
    sources: {
      areas: { type: 'vector', tiles: [tiles('areas')], maxzoom: 14, promoteId: { areas: 'code' } },
      names: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      reports: { type: 'vector', tiles: [tiles('reports')], minzoom: 9, maxzoom: 16 },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colour('--surface') } },
      {
        // Under the fills, so that only the outer half along the province's rim is left to see.
        id: 'rim', type: 'line', source: 'areas', 'source-layer': 'areas', filter: WARD,
        layout: { 'line-join': 'round' }, paint: { 'line-color': colour('--heat-5'), 'line-width': 2.6 },
      },
      // Under the wards, so that a sliver between two simplified borders is not a hole.
      { id: 'province', type: 'fill', source: 'areas', 'source-layer': 'areas', filter: PROVINCE, layout: HIDDEN, paint: { 'fill-color': colour('--heat-0') } },
      { id: 'ward', type: 'fill', source: 'areas', 'source-layer': 'areas', filter: WARD, paint: { 'fill-color': heat(bounds), 'fill-antialias': false } },
      {
        id: 'ward-line', type: 'line', source: 'areas', 'source-layer': 'areas', filter: WARD,
        paint: { 'line-color': colour('--surface'), 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 0.6, 12, 1.8] },
      },
      {
        id: 'province-line', type: 'line', source: 'areas', 'source-layer': 'areas', filter: PROVINCE,
        layout: { ...HIDDEN, 'line-join': 'round' }, paint: { 'line-color': colour('--heat-5'), 'line-width': 1.4 },
      },
      {
        id: 'ward-pointed', type: 'line', source: 'areas', 'source-layer': 'areas', filter: WARD,
        paint: { 'line-color': colour('--ink'), 'line-width': ['case', POINTED, 2.4, 0] },
      },
      {
        id: 'ward-name', type: 'symbol', source: 'names', minzoom: NAMES_FROM,
        layout: { 'text-field': ['get', 'name'], 'text-font': ['Be Vietnam Pro'], 'text-size': 12, 'text-max-width': 7 },
        paint: { 'text-color': colour('--ink'), 'text-halo-color': colour('--surface'), 'text-halo-width': 1.6 },
      },
      {
        id: 'report', type: 'symbol', source: 'reports', 'source-layer': 'reports', minzoom: REPORTS_FROM,
        filter: ['!', ['in', ['get', 'status'], ['literal', ['resolved', 'closed']]]], // the map counts what is open
        layout: { 'icon-image': ['coalesce', ['image', ['get', 'status']], ['image', 'rejected']], 'icon-allow-overlap': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.75, 15, 1.1] },
      },
    ],
  };
}

const SIDE = 20; // CSS pixels of a report's mark
const DENSITY = 2;

/** A round mark holding the status shape, for each status that can stand on a map. */
export function statusImages(): { name: string; image: ImageData }[] {
  return [...STATUSES_ON_MAP, 'rejected'].map((status) => ({ name: status, image: drawStatus(status) }));
}

function drawStatus(status: string): ImageData {
  const [tone, look] = lookOf(status);
  const canvas = new OffscreenCanvas(SIDE * DENSITY, SIDE * DENSITY);
  const pen = canvas.getContext('2d')!;
  pen.scale(DENSITY, DENSITY);
  pen.beginPath();
  pen.arc(SIDE / 2, SIDE / 2, SIDE / 2 - 1.5, 0, Math.PI * 2);
  pen.fillStyle = colour('--surface');
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = pen.fillStyle = colour(`--${tone}`);
  pen.stroke();
  pen.translate(SIDE / 2 - 5, SIDE / 2 - 5);
  pen.scale(10 / 16, 10 / 16);
  pen.fill(new Path2D(SHAPES[look]), 'evenodd');
  return pen.getImageData(0, 0, SIDE * DENSITY, SIDE * DENSITY);
}
