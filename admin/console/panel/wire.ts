// What the server says, as far as the panel reads it. Names are those of the interface; unknown members are ignored.
export interface FigureItem {
  n: number;
  value: number | null;
  numerator?: number | null;
  low?: number | null;
  high?: number | null;
  suppressed?: boolean;
  minimum?: number | null;
  area?: string | null;
  area_name?: string | null;
  agency?: string | null;
  agency_name?: string | null;
  category?: string | null;
  category_name?: string | null;
  day?: string | null;
}

export interface Figure {
  indicator: string;
  definition_version: string | number;
  as_of: string;
  items: FigureItem[];
}

export interface Page<T> {
  items: T[];
  next: string | null;
  total?: number;
}

export interface FigureRow {
  id: string;
  code: string;
  in_numerator: boolean | null;
  value_s: number | null;
  category?: string | null;
  agency?: string | null;
  area?: string | null;
}

export interface Named {
  code: string;
  name: string;
}

export interface Clock {
  kind: string;
  cycle: number;
  agency: Named | string | null;
  started_at: string;
  due_at: string | null;
  lenient_due_at: string | null;
  state: string;
  stopped_at: string | null;
}

export interface Photo {
  id: string;
  kind: 'before' | 'after' | string;
  status: string;
  urls?: { thumb?: string; screen?: string } | null;
}

export interface Report {
  id: string;
  code: string;
  status: string;
  category: string;
  category_name?: string;
  agency: Named | null;
  area: (Named & { approximate?: boolean }) | null;
  because?: { text: string } | null;
  received_at: string;
  description?: string | null;
  address?: string | null;
  clocks?: Clock[];
  photos?: Photo[];
  reporter?: { alias: string } | null;
  at_risk?: boolean;
  overdue?: boolean;
  imported?: boolean;
}

export interface TimelineEntry {
  seq: number;
  at: string;
  action: string;
  to_status: string | null;
  actor: { role: string; name?: string | null; alias?: string | null } | null;
  text: string | null;
  visibility?: string;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

export interface Me {
  id: string;
  role: string;
  agency: Named | string | null;
}

export interface Indicator {
  indicator?: string;
  code?: string;
  name?: string;
  definition?: string;
}
