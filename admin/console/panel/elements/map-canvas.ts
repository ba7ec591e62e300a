// The map with MapLibre: colours wards by count, names the three busiest, tells which ward is under the pointer, and
// opens what is clicked. Extent and ward names come from the tiles themselves, so it fits whatever province is loaded.
import 'maplibre-gl/dist/maplibre-gl.css';
import type { Feature, Geometry, Position } from 'geojson';
import { type GeoJSONSource, LngLatBounds, Map as LibreMap, Marker, setWorkerUrl, type MapGeoJSONFeature, type MapMouseEvent, type VectorTileSource } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { quantileBounds } from '../heat';
import { count } from '../numbers';
import { bearer } from '../session';
import { say } from '../words';
import { heat, mapStyle, OUTLINES, REPORTS_FROM, statusImages } from './map-style';

setWorkerUrl(workerUrl);

export interface Ward {
  code: string;
  name: string;
}

interface Ears {
  hover: (ward: (Ward & { x: number; y: number }) | null) => void;
  choose: (ward: Ward) => void;
  report: (code: string) => void;
  /** Not one ward could be drawn. */
  failed: () => void;
  measured: (wards: number, approximate: boolean) => void;
}

const NARROW = 900; // CSS pixels: below it the page scrolls, so one finger or the wheel must not be caught by the map
const NAMED = 3;
const LABEL = { edge: 56, letter: 7.5, high: 36 }; // CSS pixels: padding with count and air, a letter, a line
const START: [number, number] = [106, 16];

export class MapCanvas {
  #map: LibreMap;
  #counts = new Map<string, number>();
  #openText: (open: number) => string = String;
  #wards = new Map<string, Ward & { box: LngLatBounds }>();
  #extent: LngLatBounds | null = null;
  #ownOutline = false;
  #pointed = '';
  #callouts = new Map<string, Marker>();
  #theme = matchMedia('(prefers-color-scheme: dark)');
  #repaint = (): void => {
    this.#map.setStyle(mapStyle(this.#bounds()), { diff: false });
  };

  constructor(
    ground: HTMLElement,
    private readonly ears: Ears,
  ) {
    const words = say().map;
    this.#map = new LibreMap({
      container: ground,
      style: mapStyle([]),
      center: START,
      zoom: 4,
      maxZoom: 17,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      cooperativeGestures: innerWidth < NARROW,
      locale: { 'Map.Title': words.region },
      transformRequest: (url) => (url.startsWith(location.origin) ? { url, headers: bearer() } : { url }),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#listen();
  }

  dispose(): void {
    this.#theme.removeEventListener('change', this.#repaint);
    this.#map.remove();
  }

  zoom(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps, calm());
  }

  whole(): void {
    if (this.#extent) this.#map.fitBounds(this.#extent, { padding: 16, ...calm() });
  }

  freshenDots(): void {
    const source = this.#map.getSource<VectorTileSource>('reports');
    if (source && this.#map.getZoom() >= REPORTS_FROM) this.#map.refreshTiles('reports');
  }

  /** Counts by ward code; wards that are not named have none open. */
  colour(counts: Map<string, number>, openText: (open: number) => string): void {
    this.#counts = counts;
    this.#openText = openText;
    if (this.#map.isStyleLoaded() || this.#map.getLayer('ward')) this.#paint();
  }

  #bounds = (): number[] => quantileBounds([...this.#counts.values()]);

  #listen(): void {
    const map = this.#map;
    map.on('style.load', () => {
      statusImages().forEach(({ name, image }) => map.hasImage(name) || map.addImage(name, image, { pixelRatio: 2 }));
      this.#showOutline();
      this.#paint();
      this.#nameAll();
    });
    map.on('error', () => undefined); // a tile that did not come is asked for again; without this it is logged as an error
    map.on('idle', () => this.#measure());
    map.on('moveend', () => this.#nameBusiest());
    map.on('mousemove', 'ward', (event) => this.#point(event.features?.[0], event));
    map.on('mouseleave', 'ward', () => this.#point(undefined));
    map.on('click', (event) => this.#click(event));
    this.#theme.addEventListener('change', this.#repaint);
  }

  #paint(): void {
    const map = this.#map;
    map.removeFeatureState({ source: 'areas', sourceLayer: 'areas' });
    this.#counts.forEach((open, id) => map.setFeatureState({ source: 'areas', sourceLayer: 'areas', id }, { open }));
    map.setPaintProperty('ward', 'fill-color', heat(this.#bounds()));
    this.#nameBusiest();
  }

  /** Reads wards from the tiles in sight; the first reading also finds the extent. */
  #measure(): void {
    const features = this.#map.querySourceFeatures('areas', { sourceLayer: 'areas', filter: ['==', ['get', 'layer'], 'ward'] });
    const before = this.#wards.size;
    features.forEach((feature) => this.#learn(feature));
    if (!this.#wards.size) return this.#lookWider();
    if (this.#extent) this.#map.getContainer().classList.add('drawn');
    if (this.#wards.size === before) return;
    const first = this.#extent === null;
    this.#extent = [...this.#wards.values()].reduce((all, ward) => all.extend(ward.box), new LngLatBounds());
    this.#outline(features);
    this.ears.measured(this.#wards.size, features.some((feature) => feature.properties['approximate'] === true));
    if (first || this.#map.getZoom() < 6) this.#map.fitBounds(this.#extent, { padding: 16, duration: 0 });
    this.#nameAll();
    this.#nameBusiest();
  }

  /** The province's own outline, unless it is drawn less exactly than its wards: then the rim of the wards. */
  #outline(wards: Feature[] | MapGeoJSONFeature[]): void {
    const [province] = this.#map.querySourceFeatures('areas', { sourceLayer: 'areas', filter: ['==', ['get', 'layer'], 'province'] });
    this.#ownOutline = province !== undefined && province.properties['approximate'] === wards[0]?.properties?.['approximate'];
    this.#showOutline();
  }

  #showOutline(): void {
    OUTLINES.forEach((layer) => this.#map.setLayoutProperty(layer, 'visibility', (layer === 'rim') === this.#ownOutline ? 'none' : 'visible'));
  }

  /** No ward where we began: somewhere else in the world, or nowhere. */
  #lookWider(): void {
    if (this.#map.getZoom() > 1) this.#map.jumpTo({ center: [0, 20], zoom: 0 });
    else this.ears.failed();
  }

  #learn(feature: MapGeoJSONFeature | Feature): void {
    const { code, name } = feature.properties as Ward;
    const known = this.#wards.get(code) ?? { code, name, box: new LngLatBounds() };
    eachPosition(feature.geometry, (lon, lat) => known.box.extend([lon, lat]));
    this.#wards.set(code, known);
  }

  #nameAll(): void {
    const features = [...this.#wards.values()].map((ward): Feature => ({
      type: 'Feature',
      properties: { name: shortName(ward.name) },
      geometry: { type: 'Point', coordinates: ward.box.getCenter().toArray() },
    }));
    this.#map.getSource<GeoJSONSource>('names')?.setData({ type: 'FeatureCollection', features });
  }

  /** The busiest wards by name, as far as their labels do not cover each other. A label that stays is not touched. */
  #nameBusiest(): void {
    const chosen = this.#roomFor([...this.#counts].sort((a, b) => b[1] - a[1]).slice(0, NAMED * 3));
    this.#callouts.forEach((callout, code) => chosen.has(code) || (callout.remove(), this.#callouts.delete(code)));
    chosen.forEach((open, code) => {
      const callout = this.#callouts.get(code) ?? this.#callout(this.#wards.get(code)!);
      this.#callouts.set(code, callout);
      const { name } = this.#wards.get(code)!;
      callout.getElement().textContent = `${shortName(name)} · ${count(open)}`;
      callout.getElement().setAttribute('aria-label', `${shortName(name)} · ${this.#openText(open)}`);
    });
  }

  #roomFor(busiest: [code: string, open: number][]): Map<string, number> {
    const taken: { x: number; y: number; wide: number }[] = [];
    const chosen = new Map<string, number>();
    for (const [code, open] of busiest) {
      const ward = this.#wards.get(code);
      if (!ward || open <= 0 || chosen.size === NAMED) continue;
      const place = this.#map.project(ward.box.getCenter());
      const wide = LABEL.edge + LABEL.letter * shortName(ward.name).length;
      if (taken.some((other) => Math.abs(other.x - place.x) < (other.wide + wide) / 2 && Math.abs(other.y - place.y) < LABEL.high)) continue;
      taken.push({ x: place.x, y: place.y, wide });
      chosen.set(code, open);
    }
    return chosen;
  }

  #callout(ward: Ward & { box: LngLatBounds }): Marker {
    const button = document.createElement('button');
    button.className = 'callout';
    button.addEventListener('click', (event) => (event.stopPropagation(), this.ears.choose(ward)));
    return new Marker({ element: button, anchor: 'bottom', offset: [0, -8] }).setLngLat(ward.box.getCenter()).addTo(this.#map);
  }

  #point(feature: MapGeoJSONFeature | undefined, event?: MapMouseEvent): void {
    const code = feature ? String(feature.properties['code']) : '';
    if (code !== this.#pointed) {
      const state = (id: string, pointed: boolean) => id && this.#map.setFeatureState({ source: 'areas', sourceLayer: 'areas', id }, { pointed });
      state(this.#pointed, false);
      state(code, true);
      this.#pointed = code;
      this.#map.getCanvas().classList.toggle('can-open', code !== '');
    }
    this.ears.hover(feature && event ? { code, name: String(feature.properties['name']), x: event.point.x, y: event.point.y } : null);
  }

  #click(event: MapMouseEvent): void {
    const [dot] = this.#map.queryRenderedFeatures(event.point, { layers: ['report'] });
    if (dot?.properties['code']) return this.ears.report(String(dot.properties['code']));
    const [ward] = this.#map.queryRenderedFeatures(event.point, { layers: ['ward'] });
    if (ward) this.ears.choose({ code: String(ward.properties['code']), name: String(ward.properties['name']) });
  }
}

/** Without the word for the kind of ward, which a map has no room for. */
const shortName = (name: string): string => name.replace(/^(Phường|Xã|Đặc khu)\s+/, '');

const calm = (): { duration: number } => ({ duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 220 });

function eachPosition(geometry: Geometry, tell: (lon: number, lat: number) => void): void {
  const walk = (rings: Position[][]) => rings.forEach((ring) => ring.forEach(([lon, lat]) => tell(lon!, lat!)));
  if (geometry.type === 'Polygon') walk(geometry.coordinates);
  if (geometry.type === 'MultiPolygon') geometry.coordinates.forEach(walk);
}
